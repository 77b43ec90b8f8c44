import { html } from 'hono/html';
import type { Say } from './language.ts';
import type { Html } from './layout.ts';
import type { PageData } from './page-data.ts';

/** Devices that showed a claim and wait for the owner's word; nothing while there are none. */
export function claimsSection(waiting: PageData['waitingClaims'], formToken: string, say: Say): Html | '' {
  if (waiting.length === 0) return '';
  return html`<section class="card">
    <h2>${say('等待批准的设备', 'Devices waiting for approval')}</h2>
    <p class="muted">
      ${say(
        '批准之前，请核对这串字符与设备上显示的是否一致。',
        'Before you approve, compare these characters with what the device shows.',
      )}
    </p>
    <ul class="plain">
      ${waiting.map(
        ({ device, fingerprint }) =>
          html`<li>
            <div class="row">
              <span><b>${device}</b> <code>${fingerprint}</code></span>
              <form method="post" action="/devices/${device}/approve">
                <input type="hidden" name="token" value="${formToken}" />
                <input type="hidden" name="code" value="${fingerprint}" />
                <button>${say('批准', 'Approve')}</button>
              </form>
            </div>
          </li>`,
      )}
    </ul>
  </section>`;
}
