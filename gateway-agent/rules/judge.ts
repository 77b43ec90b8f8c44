import type { Store } from '../keep/store.ts';
import type { DeviceState } from './device-state.ts';
import type { MessageFlag } from './flag.ts';
import { type Judgeable, type Receipt, judgeMessage } from './judge-message.ts';
import { type DeviceRules, type RuleSet, rulesOf } from './rule-set.ts';

/** Judges messages by the rules in force. What it remembers of devices is in the store, in the message's own transaction. */
export type Judge = {
  /** inside the caller's transaction, in the order in which messages are logged */
  judge: (device: string, message: Judgeable, receipt: Receipt) => MessageFlag[];
  /** at the end of the caller's transaction: what is remembered goes to the store */
  save: () => void;
  /** after a transaction that failed */
  restore: () => void;
};

/** @param rules those in force; another object means other rules */
export function openJudge({ sqlite }: Store, rules: () => RuleSet): Judge {
  const select = sqlite.prepare('SELECT state FROM device_states WHERE device = ?').pluck();
  const upsert = sqlite.prepare(
    'INSERT INTO device_states (device, state) VALUES (?, ?) ON CONFLICT (device) DO UPDATE SET state = excluded.state',
  );
  // As many as devices are enrolled: only their messages are judged.
  let states = new Map<string, DeviceState | undefined>();
  let changed = new Set<string>();
  let compiledFrom: RuleSet | undefined;
  let compiled = new Map<string, DeviceRules>();

  function rulesFor(device: string): DeviceRules {
    const current = rules();
    if (current !== compiledFrom) {
      compiledFrom = current;
      compiled = new Map();
    }
    let found = compiled.get(device);
    if (found === undefined) compiled.set(device, (found = rulesOf(current, device)));
    return found;
  }

  function stateOf(device: string): DeviceState | undefined {
    if (states.has(device)) return states.get(device);
    const text = select.get(device) as string | undefined;
    return text === undefined ? undefined : (JSON.parse(text) as DeviceState);
  }

  return {
    judge(device, message, receipt) {
      const { flags, state } = judgeMessage(message, receipt, stateOf(device), rulesFor(device));
      states.set(device, state);
      changed.add(device);
      return flags;
    },
    save() {
      for (const device of changed) upsert.run(device, JSON.stringify(states.get(device)));
      changed.clear();
    },
    restore() {
      states = new Map();
      changed = new Set();
    },
  };
}
