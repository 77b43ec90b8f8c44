import { html } from 'hono/html';
import { type Language, sayIn } from './language.ts';
import type { Html } from './page.ts';

/** Where the page is; docs/threat-model.md says the same at length. */
export const limitsPath = '/limits';

/** What the whole system does not prove, for somebody with a box in their hand. */
export function limitsPage(language: Language): { title: string; description: string; body: Html } {
  const say = sayIn(language);
  const item = (title: string, text: string) =>
    html`<section class="card">
      <h2>${title}</h2>
      <p>${text}</p>
    </section>`;
  return {
    title: say('这些数据不能证明什么', 'What this does not prove'),
    description: say('田源能证明什么，不能证明什么。', 'What Tianyuan proves, and what it does not.'),
    body: html`<main>
      <section class="card">
        <h1>${say('这些数据不能证明什么', 'What this does not prove')}</h1>
        <p>
          ${say(
            '能证明的是：这些数字由登记过的传感器签名，此后一个字也没有改过，一条也没有悄悄删掉，并且在某个时间之前就已存在。下面这些，任何签名和区块链都证明不了。',
            'What is proven: these numbers were signed by an enrolled sensor, not one digit was changed since, none was quietly removed, and they existed before a certain time. No signature and no blockchain proves what follows.',
          )}
        </p>
      </section>
      ${item(
        say('传感器放对了地方', 'That the sensor was in the right place'),
        say(
          '传感器放在冰箱旁边而不是里面，它签下的就是旁边的温度。签名说明是谁测的，不说明测的是什么。放置由生产者负责，靠现场检查。',
          'A sensor beside the fridge instead of in it signs the temperature beside it. The signature tells who measured, not what. Placement is the producer’s word, and an inspector’s to check.',
        ),
      )}
      ${item(
        say('传感器测得准', 'That the sensor measures right'),
        say(
          '校准证书说明某个实验室在某个时间核对过它。没有证书的，本平台如实写“未校准”。有证书也可能事后损坏。',
          'A calibration certificate says that a laboratory compared it at some time. Where there is none, the page says so. A certified sensor can still break afterwards.',
        ),
      )}
      ${item(
        say('盒子里就是这批货', 'That the box holds this batch'),
        say(
          '二维码可以被复印，盒子可以被换装。如果同一个码在两个地方出现，其中至少一个是假的。',
          'A code can be copied and a box refilled. Where one code turns up in two places, at least one of them is false.',
        ),
      )}
      ${item(
        say('没有测的那段时间', 'The time when nothing was measured'),
        say(
          '曲线断开的地方没有读数。设备断电、离线或被关掉，看起来一样；我们只说缺了，不猜为什么。',
          'Where the curve breaks there are no readings. A dead battery, a lost link and a switched-off sensor look the same; we say that it is missing and do not guess why.',
        ),
      )}
      ${item(
        say('读数的精确时刻', 'The exact moment of a reading'),
        say(
          '设备的时钟可能不准。能证明的是一个区间：不早于网关记下的某个区块，不晚于存证所在的区块。',
          'A device’s clock may be wrong. What is proven is an interval: not before a block that the gateway had noted, not after the block that anchors it.',
        ),
      )}
      ${item(
        say('人说的话', 'What people say'),
        say(
          '产地、品种、采收日期是生产者填写的。田源证明是谁、在何时这样说，不证明说的是真的。',
          'Origin, variety and harvest date are entered by the producer. Tianyuan proves who said so and when, not that it is true.',
        ),
      )}
      ${item(
        say('食品是安全的', 'That the food is safe'),
        say(
          '温度合格不等于没有农药残留，也不等于好吃。检测报告是另一份证据，有报告时会单独列出。',
          'A kept temperature says nothing of residues, nor of taste. A laboratory report is evidence of its own, and is listed where there is one.',
        ),
      )}
    </main>`,
  };
}
