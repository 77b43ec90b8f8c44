import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Command, CommanderError } from 'commander';
import { writeAtomically } from '../atomic-file.ts';
import { defaultRpc } from '../default-rpc.ts';
import { readDeployment } from '../deployment.ts';
import { integer } from './option-values.ts';
import { httpLogSource } from '../monitor/log-source.ts';
import { monitorMetrics } from '../monitor/metrics.ts';
import { type MonitorReport, reportOf } from '../monitor/report.ts';
import { readState } from '../monitor/monitor-state.ts';
import { runMonitor } from '../monitor/run-monitor.ts';

type Flags = {
  rpc: string;
  deployment: string;
  logs: string;
  state: string;
  report?: string;
  port: number;
  every: number;
  silence: number;
  lateAnchor: number;
  once?: boolean;
};

/** `chain monitor`: for an inspector, from public interfaces only. */
export function addMonitorCommand(
  program: Command,
  { say, warn }: { say: (line: string) => void; warn: (line: string) => void },
): void {
  program
    .command('monitor')
    .description('follow all logs and anchors, recheck everything, and alert; reads public interfaces only')
    .requiredOption(
      '--logs <url>',
      'where the logs are served as tlog-tiles, such as https://trace.example/logs',
    )
    .option('--rpc <url>', 'node to ask', defaultRpc)
    .option('--deployment <file>', 'deployment record', '.tianyuan/chain/deployment.json')
    .option('--state <file>', 'what was checked so far', '.tianyuan/monitor/state.json')
    .option('--report <file>', 'a JSON report, written after every round')
    .option(
      '--port <port>',
      'on 127.0.0.1: /metrics, /report, /healthz; 0 for any that is free',
      integer,
      9464,
    )
    .option('--every <seconds>', 'between two looks at every log', integer, 10)
    .option('--silence <seconds>', 'alert where a log has not grown for so long', integer, 3600)
    .option('--late-anchor <seconds>', 'alert where what is served is not anchored for so long', integer, 900)
    .option('--once', 'one round, then end: exit code 0 without an alert, 3 with one')
    .action(async (flags: Flags) => {
      const verdict = await monitor(flags, say, warn);
      if (flags.once === true && verdict === 'alert')
        throw new CommanderError(3, 'monitor.alert', 'an alert lasts');
    });
}

async function monitor(
  flags: Flags,
  say: (line: string) => void,
  warn: (line: string) => void,
): Promise<MonitorReport['verdict']> {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  const deployment = await readDeployment(flags.deployment);
  const metrics = monitorMetrics();
  let report = reportOf(await readState(flags.state), Date.now());
  const server = flags.once === true ? undefined : await serveReport(flags.port, metrics, () => report);
  if (server !== undefined) say(`monitoring ${flags.logs}; ${server.url}/metrics, ${server.url}/report`);
  try {
    await runMonitor({
      rpcUrl: flags.rpc,
      deployment,
      source: httpLogSource(flags.logs),
      stateFile: flags.state,
      patience: { silenceMs: flags.silence * 1000, lateAnchorMs: flags.lateAnchor * 1000 },
      everyMs: flags.every * 1000,
      signal: stop.signal,
      onAlert: (line) => warn(`ALERT ${line}`),
      onOutage: (error) => warn(`the chain does not answer: ${(error as Error).message}`),
      async onReport(newest) {
        report = newest;
        metrics.show(report);
        if (flags.report !== undefined) {
          await writeAtomically(flags.report, `${JSON.stringify(report, null, 2)}\n`);
        }
        if (flags.once !== true) return;
        say(JSON.stringify(report, null, 2));
        stop.abort();
      },
    });
  } finally {
    await server?.close();
  }
  return report.verdict;
}

async function serveReport(
  port: number,
  { registry }: ReturnType<typeof monitorMetrics>,
  report: () => MonitorReport,
): Promise<{ url: string; close: () => Promise<void> }> {
  const server = createServer((request, response) => {
    const send = (type: string, body: string): void => {
      response.writeHead(200, { 'content-type': type }).end(body);
    };
    switch (request.url ?? '') {
      case '/metrics':
        void registry.metrics().then((text) => send(registry.contentType, text));
        return;
      case '/report':
        send('application/json', `${JSON.stringify(report())}\n`);
        return;
      case '/healthz':
        send('text/plain', 'ok\n');
        return;
      default:
        response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
