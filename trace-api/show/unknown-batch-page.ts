import { html } from 'hono/html';
import { type Language, sayIn } from './language.ts';
import type { Html } from './page.ts';

/** What somebody sees who scanned a code that leads nowhere: what to check, and that it may be a counterfeit. */
export function unknownBatchPage(
  language: Language,
  asked: string,
): { title: string; description: string; body: Html } {
  const say = sayIn(language);
  const title = say('查不到这个批次', 'No such batch');
  return {
    title: `${title} · ${say('田源', 'Tianyuan')}`,
    description: title,
    body: html`<main>
      <div class="hero plain">
        <h1>${title}</h1>
        <p>${say('您查的是', 'You asked for')} <code>${asked}</code></p>
      </div>
      <section class="card">
        <h2>${say('请先核对', 'Please check first')}</h2>
        <ul class="plain">
          <li>
            ${say('如果是手工输入：商品条码和批号与包装上一致吗？', 'Typed by hand: are the barcode number and the lot as on the package?')}
          </li>
          <li>
            ${say('如果是扫码：擦净、展平后再扫一次。', 'Scanned: wipe the code, flatten it and scan again.')}
          </li>
          <li>
            ${say('刚上市的批次可能还没有公布，可过一天再查。', 'A batch that has just left the farm may not be published yet; try again in a day.')}
          </li>
        </ul>
      </section>
      <section class="card note warn">
        <h2>${say('当心仿冒', 'Beware of counterfeits')}</h2>
        <p>
          ${say(
            '如果包装上印着这个二维码，却始终查不到，这件商品可能是仿冒品。请保留包装和小票，询问商家，或拨打 12315 投诉举报。',
            'If this code is printed on a package and never leads anywhere, the goods may be counterfeit. Keep the package and the receipt, ask the shop, or call China’s consumer hotline 12315.',
          )}
        </p>
      </section>
    </main>`,
  };
}
