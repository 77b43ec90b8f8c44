import type { Logger } from 'pino';
import type { DeviceRegister, RateLimit } from '../devices/device-register.ts';

/**
 * How fast a device may send: its own limit, or the general one. Never throws: it is asked in a socket's event and in a
 * timer, where that would end the agent.
 */
export function limitOfDevice(
  register: Pick<DeviceRegister, 'limitOf'>,
  general: RateLimit,
  logger: Logger,
): (device: string) => RateLimit {
  let hasTold = false;
  return (device) => {
    try {
      return register.limitOf(device) ?? general;
    } catch (error) {
      // Once a turn of the loop, and not once a message.
      if (!hasTold) {
        hasTold = true;
        setImmediate(() => (hasTold = false));
        logger.error({ err: error, device }, "a device's own limit cannot be read; the general one counts");
      }
      return general;
    }
  };
}
