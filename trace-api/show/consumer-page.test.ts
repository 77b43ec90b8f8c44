import { describe, expect, test } from 'vitest';
import type { BatchView } from '../batches/batch-view.ts';
import { get, link } from './fixture/get.ts';
import { sampleBatch, truckHumidity, truckTemperature } from './fixture/sample-batch.ts';
import { sampleStory } from './fixture/sample-story.ts';

describe('what the page says', () => {
  const standing = (status: 'recalled' | 'on_hold') => ({
    status: {
      status,
      reasons: [
        {
          status,
          text: { zh: '一级召回：农残超标', en: 'residue' },
          batchId: 'b',
          index: 7,
          at: 1,
          by: 'owner',
        },
      ],
      expiresAt: null,
    },
  });
  const states: [name: string, batch: Partial<BatchView>, words: string[]][] = [
    [
      'once it is recalled, however cold it was kept',
      standing('recalled'),
      ['已召回，请勿食用', '一级召回：农残超标', '凭本页向购买处退货'],
    ],
    ['while it is held', standing('on_hold'), ['暂停销售，等待核查']],
    [
      'before the first reading',
      {
        curves: [],
        period: null,
        anchor: null,
        sample: null,
        messages: { mirrored: 0, anchored: 0, final: 0 },
      },
      ['还没有读数', '尚未存上区块链', '没有可画的曲线', '还没有存上区块链', '等第一条数据'],
    ],
    [
      'before the first anchor',
      { anchor: null, sample: null, messages: { mirrored: 20, anchored: 0, final: 0 }, verified: 20 },
      ['全程低温', '尚未存上区块链', '全部 20 条', '等待中'],
    ],
    [
      'while some are still on their way',
      { messages: { mirrored: 2880, anchored: 2400, final: 0 } },
      ['已存上区块链，仍有新数据在途', '2,400 / 2,880 条'],
    ],
    [
      'where a gateway was replaced',
      {
        logs: [{ logId: '7f'.repeat(32), origin: 'gw-8.example', messages: 9, continues: '6e'.repeat(32) }],
      },
      ['网关曾更换：日志 gw-8.example 接续', '前一网关的日志'],
    ],
    [
      'while its gateway is bringing what it measured without a link',
      {
        live: [
          {
            device: 'truck-07',
            type: 'temperature',
            sensor: null,
            time: Date.UTC(2026, 4, 3),
            value: -18_500,
            logId: '7f'.repeat(32),
            index: 9,
          },
        ],
      },
      ['最新读数（正在补传）', '\u221218.5 °C'],
    ],
    [
      'with readings outside',
      { curves: [truckTemperature('truck-07', 9600)] },
      ['63 个读数超出约定范围', '约定 0 °C 至 8 °C。63 个读数超出，最多到 9.6 °C', 'var(--bad)'],
    ],
    ['without limits', { curves: [{ ...truckTemperature(), limits: null }] }, ['全程有记录', '没有约定范围']],
    [
      'with a limit at one end',
      { curves: [{ ...truckTemperature(), limits: { min: null, max: 25_000 } }] },
      ['全程未超标', '不高于 25 °C'],
    ],
    [
      'with curves of nothing that is drawn',
      { curves: [{ ...truckHumidity(), type: 'battery', limits: null }] },
      ['没有可画的曲线'],
    ],
    [
      'with flags, known or not',
      { flagged: { BAD_SIGNATURE: 2, ODD_CODE: 1 } },
      ['3 条数据带有标注', '签名无效', 'ODD_CODE'],
    ],
    [
      'with a story',
      { story: sampleStory() },
      [
        '途中有 1 次温湿度超限',
        '采收',
        '3 号园',
        '产出 H-1 320 kg',
        '投入 H-1 320 kg → 产出 A-1 300 kg',
        '签名：东江分选厂',
        '高于 8 °C',
        '极值 12.3 °C',
        'reefer-02 · 12 个读数',
        '检验报告 · 农产品检测中心',
        '溯源中国',
        '缓存数据，已有 3 小时',
      ],
    ],
    ['without flags', { flagged: { BAD_SIGNATURE: 0 } }, ['没有一条数据带异常标注']],
  ];
  test.each(states)('%s', async (_, batch, words) => {
    const text = (await (await get(link, {}, sampleBatch(batch))).text())
      .replace(/<[^>]*>/g, '')
      .replaceAll('\u00a0', ' ');
    const markup = await (await get(link, {}, sampleBatch(batch))).text();
    for (const word of words)
      expect(word.startsWith('var(') ? markup : text.replace(/\s+/g, ' ')).toContain(word);
  });

  test('leads to the verification of the sample and to its download', async () => {
    const text = await (await get(link)).text();
    const proof = `/api/v1/logs/${'7f'.repeat(32)}/entries/48117/proof`;
    expect(text).toContain(`href="/verify?bundle=${encodeURIComponent(proof)}&amp;lang=zh"`);
    expect(text).toContain(`href="${proof}"`);
  });
});
