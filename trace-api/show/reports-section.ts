import { html } from 'hono/html';
import type { NamedReport, StoryView } from '../story/story-view.ts';
import { type Language, inLanguage, sayIn } from './language.ts';
import type { Html } from './page.ts';
import { timeTag } from './time-tag.ts';
import { verifyLink } from './verify-link.ts';

/** Inspection reports, each by its hash, and what a model made of pictures. */
export function reportsSection(
  { reports, quality, logId }: Pick<StoryView, 'reports' | 'quality' | 'logId'>,
  language: Language,
): Html | '' {
  const counting = reports.filter(({ counts }) => counts);
  if (counting.length === 0 && quality.checks.length === 0) return '';
  const say = sayIn(language);
  return html`<section class="card">
    <h2>${say('检验', 'Inspection')}</h2>
    <ul class="plain">
      ${counting.map((report) => reportItem(report, logId, language))}
      ${quality.checks.map(({ score, at, model, version, index }) => {
        const percent = (score / 1000).toFixed(1);
        return html`<li>
          ${say('图像初筛', 'Screening of a picture')} ${percent} / 100 · ${timeTag(at, language)}
          <span class="by"
            >${model} ${version} · ${say('初筛不是等级', 'a screening, not a grade')} ·
            ${verifyLink(logId, index, language)}</span
          >
        </li>`;
      })}
    </ul>
  </section>`;
}

function reportItem(report: NamedReport, logId: string, language: Language): Html {
  const say = sayIn(language);
  const { kind, issuerName, at, index, sha256, hasFile, inside } = report;
  const words: Record<string, string> = {
    inspection: say('检验报告', 'Inspection report'),
    certificate: say('证书', 'Certificate'),
    'quality-model': say('模型判定', 'Verdict of a model'),
  };
  const file = hasFile
    ? html`<a href="/api/v1/files/${sha256}">${say('原件', 'the file')}</a> ·`
    : say('原件未提交 · ', 'file not handed in · ');
  const grade = inside?.grade == null ? '' : ` · ${say('等级', 'grade')} ${inside.grade}`;
  return html`<li>
    ${words[kind] ?? kind} · ${inLanguage(issuerName, language)}${grade} · ${timeTag(at, language)}
    <span class="by">${file} SHA-256 ${sha256.slice(0, 12)}… · ${verifyLink(logId, index, language)}</span>
  </li>`;
}
