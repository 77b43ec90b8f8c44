import { Gauge, type Registry } from 'prom-client';
import { alarmKinds } from '../alarms/alarm-kinds.ts';
import type { PageData } from '../page/page-data.ts';

/** What the status page shows, for whoever graphs it; read when it is scraped. */
export function registerFarmMetrics(
  registry: Registry,
  read: () => PageData,
  droppedNotices: () => number,
): void {
  const gauge = <Label extends string>(
    name: string,
    help: string,
    labelNames: Label[],
    values: (now: PageData) => [Record<Label, string>, number | undefined][],
  ): void => {
    new Gauge({
      name: `tianyuan_gateway_${name}`,
      help,
      labelNames,
      registers: [registry],
      collect() {
        // A device or a link that is gone must not stay at its last value.
        this.reset();
        for (const [labels, value] of values(read())) if (value !== undefined) this.set(labels, value);
      },
    });
  };
  const single = (name: string, help: string, value: (now: PageData) => number | undefined): void =>
    gauge(name, help, [], (now) => [[{}, value(now)]]);

  gauge('alarms_raised', 'Alarms that are raised now, by kind', ['kind'], ({ alarms }) =>
    Object.keys(alarmKinds).map((kind) => [
      { kind },
      alarms.filter((alarm) => alarm.kind === kind && alarm.raisedAt !== undefined).length,
    ]),
  );
  gauge('link_up', 'Whether a link works, 1 or 0; none before it was used', ['link'], ({ links }) =>
    links.map(({ name, state }) => [
      { link: name },
      state.is === 'unknown' ? undefined : Number(state.is === 'up'),
    ]),
  );
  gauge('device_heard_seconds', 'Seconds since a device was heard', ['device'], ({ devices }) =>
    devices.map(({ device, heardAgoMs }) => [
      { device },
      heardAgoMs === undefined ? undefined : heardAgoMs / 1000,
    ]),
  );
  gauge('device_rssi_dbm', 'Signal strength that a device reports of itself', ['device'], ({ devices }) =>
    devices.map(({ device, rssi }) => [{ device }, rssi]),
  );
  gauge('refused_messages', 'Messages refused ever, by code, over all starts', ['code'], ({ status }) =>
    Object.entries(status.refused).map(([code, count]) => [{ code }, count]),
  );
  single('enrolled_devices', 'Devices that are enrolled', ({ devices }) => devices.length);
  single('store_bytes', 'Size of the database with its write-ahead log', ({ storeBytes }) => storeBytes);
  single(
    'room_used_ratio',
    "Used part of the store's budget or of its disk, whichever is fuller, 0 to 1",
    ({ usedPermille }) => usedPermille / 1000,
  );
  single('quarantine_messages', 'Refused messages that are kept', ({ quarantine }) => quarantine.count);
  single(
    'webhook_waiting_notices',
    'Alarm notices that the webhook has not taken yet',
    (now) => now.waitingNotices,
  );
  single(
    'webhook_dropped_notices',
    'Alarm notices that made room for newer ones, since the start',
    droppedNotices,
  );
  single(
    'clock_synchronised',
    'Whether the clock is set from the network, 1 or 0',
    ({ clockIsSynchronised }) => Number(clockIsSynchronised),
  );
  single('last_anchor_timestamp_seconds', 'When the newest anchor was sent, Unix time', ({ lastAnchor }) =>
    lastAnchor === undefined ? undefined : lastAnchor.sentAt / 1000,
  );
  single('boot_count', 'How often this gateway has started', ({ status }) => status.boot);
}
