/** Who somebody is to a thing. */
export const roles = ['farmer', 'operator', 'inspector', 'carrier', 'shopkeeper', 'admin'] as const;

export type Role = (typeof roles)[number];

/** What a principal may want to do with a thing, and with which role over it this is allowed. The owner may do all of it. */
export const rolesThatMay = {
  /** sign an EPCIS event about it: harvest, pack, mix, hand over, receive */
  'capture-event': ['farmer', 'operator', 'carrier', 'shopkeeper', 'admin'],
  /** say that a device measures it, or is its device */
  'bind-device': ['farmer', 'operator', 'carrier', 'admin'],
  /** put an inspection report or a verdict beside it */
  report: ['operator', 'inspector', 'admin'],
  /** say what a batch, a product or a plot is */
  'declare-batch': ['farmer', 'operator', 'admin'],
  /** sell from it */
  sell: ['shopkeeper', 'admin'],
  /** stop its sale until somebody has looked, and let it go on */
  hold: ['operator', 'inspector', 'shopkeeper', 'admin'],
  release: ['inspector', 'admin'],
  /** call it back from everybody who has it */
  recall: ['inspector', 'admin'],
  /** work on a case or a work order about it */
  'handle-case': ['operator', 'inspector', 'admin'],
  /** see what is kept of the people of an organisation: name, mobile number, village */
  'see-personal-data': ['inspector', 'admin'],
  /** note a person of the organisation, and erase what is kept of one */
  'register-person': ['admin'],
  /** give somebody a role over it, and end one */
  'grant-role': ['admin'],
  /** say that a plot, a truck, a room, a batch or a device is the organisation's */
  'register-thing': ['farmer', 'operator', 'admin'],
} as const satisfies Record<string, readonly Role[]>;

export type Action = keyof typeof rolesThatMay;

export const actions = Object.keys(rolesThatMay) as Action[];

export function mayWith(role: Role, action: Action): boolean {
  const allowed: readonly Role[] = rolesThatMay[action];
  return allowed.includes(role);
}
