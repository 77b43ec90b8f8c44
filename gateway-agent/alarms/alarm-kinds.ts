/**
 * Everything that a gateway raises an alarm about. `critical`: food or evidence may be lost, and the log is anchored at
 * once; `warning`: something will be, if nobody looks. `clock`: whose time the alarm's durations are counted in, the
 * device's (kept through restarts, and right for readings that come late) or this process's monotonic one.
 */
export const alarmKinds = {
  'cold-chain': {
    severity: 'critical',
    clock: 'device',
    title: { zh: '冷链中断', en: 'cold chain broken' },
  },
  'mean-kinetic-temperature': {
    severity: 'critical',
    clock: 'process',
    title: { zh: '平均动力学温度超标', en: 'mean kinetic temperature too high' },
  },
  equivocation: {
    severity: 'critical',
    clock: 'process',
    title: { zh: '设备自相矛盾', en: 'a device contradicts itself' },
  },
  'device-silent': {
    severity: 'warning',
    clock: 'process',
    title: { zh: '设备没有消息', en: 'device silent' },
  },
  disk: { severity: 'critical', clock: 'process', title: { zh: '磁盘将满', en: 'disk filling up' } },
  'clock-jumped': {
    severity: 'warning',
    clock: 'process',
    title: { zh: '时钟跳变', en: 'the clock jumped' },
  },
  'clock-unsynchronised': {
    severity: 'warning',
    clock: 'process',
    title: { zh: '时钟未同步', en: 'clock not synchronised' },
  },
  'link-down': { severity: 'warning', clock: 'process', title: { zh: '链路中断', en: 'link down' } },
  'quarantine-growing': {
    severity: 'warning',
    clock: 'process',
    title: { zh: '被拒消息增多', en: 'many messages refused' },
  },
  'account-underfunded': {
    severity: 'warning',
    clock: 'process',
    title: { zh: '链上账户余额不足', en: 'chain account underfunded' },
  },
  'calibration-expired': {
    severity: 'warning',
    clock: 'process',
    title: { zh: '校准证书过期', en: 'calibration expired' },
  },
} as const satisfies Record<
  string,
  { severity: 'critical' | 'warning'; clock: 'device' | 'process'; title: { zh: string; en: string } }
>;

export type AlarmKind = keyof typeof alarmKinds;

/** What was measured: whole numbers with their unit in the name, or words. */
export type AlarmDetail = Record<string, number | string>;
