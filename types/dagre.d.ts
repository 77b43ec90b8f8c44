// Its own declarations import each other without the file extensions that Node's resolution asks for.
declare module '@dagrejs/dagre' {
  export class Graph {
    setGraph(label: {
      rankdir: 'TB';
      nodesep: number;
      ranksep: number;
      marginx: number;
      marginy: number;
    }): this;
    setDefaultEdgeLabel(label: () => object): this;
    setNode(name: string, size: { width: number; height: number }): this;
    setEdge(from: string, to: string): this;
    /** after the layout: its size */
    graph(): { width?: number; height?: number };
    /** after the layout: its middle */
    node(name: string): { x: number; y: number };
    edge(from: string, to: string): { points: { x: number; y: number }[] };
  }
  /** Places nodes and edges, in layers. */
  export function layout(graph: Graph): void;
}
