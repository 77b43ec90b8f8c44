import type { JsonRpc } from '@tianyuan/protocol';

/** The height moves on; receipts, blocks and the registry are asked once each in an inspection. */
const asksAnew = new Set(['eth_blockNumber']);
const mostAnswers = 100_000;

/** Asks a node each question once: many lots share a log, its anchors and its keys. What failed is asked again. */
export function rememberAnswers(rpc: JsonRpc): JsonRpc {
  const answers = new Map<string, Promise<unknown>>();
  return (method, params) => {
    if (asksAnew.has(method)) return rpc(method, params);
    const question = JSON.stringify([method, params]);
    const known = answers.get(question);
    if (known !== undefined) return known;
    if (answers.size >= mostAnswers) answers.clear();
    const answer = rpc(method, params);
    answers.set(question, answer);
    answer.then(
      (value) => {
        if (value === null) answers.delete(question); // a block that is still to come
      },
      () => answers.delete(question),
    );
    return answer;
  };
}
