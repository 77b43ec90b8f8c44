import { canonicalize } from '@tianyuan/protocol';
import { type SignedReport, parseSignedReport } from './report.ts';
import { missWords } from './miss.ts';

const style = `body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1d2a22}
h1{font-size:1.5rem}table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;padding:.3rem .6rem;border-bottom:1px solid #d8ded9}
.good{color:#1f6b45}.bad{color:#a3271c}code{overflow-wrap:anywhere}dt{font-weight:600}dd{margin:0 0 .5rem}`;

/**
 * A report as a page: what people read is made from the signed JSON that it holds and from nothing else, so a page whose
 * text was changed is not the page of its JSON any more. Runs no script. Pure.
 */
export function renderReport(signed: SignedReport): string {
  const { report, inspector } = signed;
  const { drawnFrom, policy } = report;
  const rate = report.examined === 0 ? '–' : `${((100 * report.accurate) / report.examined).toFixed(1)} %`;
  const isGood = report.complete && report.examined > 0 && report.accurate === report.examined;
  const fact = (term: string, value: string) => `<dt>${term}</dt><dd>${value}</dd>`;
  const code = (text: string) => `<code>${escape(text)}</code>`;
  return `<!doctype html>
<html lang="zh-CN">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>溯源抽检报告 Inspection report</title><style>${style}</style></head>
<body>
<h1>溯源抽检报告 <span lang="en">Inspection report</span></h1>
<p class="${isGood ? 'good' : 'bad'}"><b>抽检 ${report.examined} 批，准确 ${report.accurate} 批，准确率 ${rate}</b><br>
<span lang="en">${report.accurate} of ${report.examined} lots accurate, ${rate}</span>${report.complete ? '' : '<br><b>抽检中途被中止 <span lang="en">called off before its end</span></b>'}</p>
<dl>
${fact('被检服务 inspected', code(report.traceUrl))}
${fact('时间 time', `${time(report.startedAt)} – ${time(report.endedAt)}`)}
${fact('抽样 drawn', `${report.sample} / ${drawnFrom.lots} (${drawnFrom.state}), seed ${code(report.seed)}, ${escape(report.algorithm)}; SHA-256 of the list ${code(drawnFrom.sha256)}`)}
${fact('每批逐份核验的证明 proofs verified one by one a lot', `${report.bundlesALot} + 首末 first and last`)}
${fact('信任 trusted', `${code(canonicalize(policy.chain ?? null))}; ${report.rpc ? '已询问节点 a node was asked' : '未询问节点 no node was asked'}`)}
${fact('检查员公钥 inspector’s key', code(inspector))}
</dl>
<table>
<thead><tr><th>批次 lot</th><th>消息 messages</th><th>读数 readings</th><th>证明 proofs</th><th>步骤 steps</th><th>结论 verdict</th></tr></thead>
<tbody>
${report.lots.map(row).join('\n')}
</tbody>
</table>
<p>核验本报告 <span lang="en">To check this report</span>: ${code('npm run inspect -- check FILE --public-key BASE64')}</p>
<script type="application/json" id="inspection">${canonicalize(signed).replaceAll('<', '\\u003c')}</script>
</body>
</html>
`;
}

function row({
  path,
  messages,
  pending,
  readings,
  bundles,
  steps,
  withheld,
  misses,
}: SignedReport['report']['lots'][number]): string {
  const words = misses.map(({ code, detail }) => {
    const { zh, en } = missWords[code];
    return `<li><b>${zh}</b> <span lang="en">${en}: ${escape(detail)}</span></li>`;
  });
  const verdict =
    misses.length === 0
      ? '<span class="good">准确 <span lang="en">accurate</span></span>'
      : `<ul class="bad">${words.join('')}</ul>`;
  const waiting =
    (pending === 0 ? '' : ` (${pending} 待上链 pending)`) +
    (withheld === 0 ? '' : ` (${withheld} 他批或未公开 said to be others’, not shown)`);
  return `<tr><td>${escape(path)}</td><td>${messages}${waiting}</td><td>${readings}</td><td>${bundles}</td><td>${steps}</td><td>${verdict}</td></tr>`;
}

/** The signed JSON in a report's page; undefined where there is none, or where the page is not the one of its JSON. */
export function readReport(html: string): SignedReport | undefined {
  const [, json] = /<script type="application\/json" id="inspection">([^<]*)<\/script>/.exec(html) ?? [];
  if (json === undefined) return undefined;
  try {
    const signed = parseSignedReport(JSON.parse(json));
    return signed !== undefined && renderReport(signed) === html ? signed : undefined;
  } catch {
    return undefined;
  }
}

const time = (ms: number) => new Date(ms).toISOString();

function escape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
