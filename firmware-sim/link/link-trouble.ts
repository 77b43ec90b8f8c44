/** Why a device is not connected, in words for its owner. `reason` groups what twenty devices would say twenty times. */
export type LinkTrouble = { reason: string; text: string };

type Place = { broker: string; gateway: string; device: string; enrolmentFile: string };

/** @param error what MQTT.js reports: a system error with its code, or a CONNACK return code (MQTT 3.1.1 table 3.1) */
export function linkTrouble(error: Error & { code?: string | number }, place: Place): LinkTrouble {
  const { broker, device, enrolmentFile } = place;
  const code = error.code ?? error.message;
  const told = (text: string): LinkTrouble => ({ reason: String(code), text });
  switch (code) {
    case 4:
    case 5:
      return told(
        `${broker} refuses ${device} (${code === 4 ? 'bad user name or password' : 'not authorized'}): ` +
          `it does not know the device or its token. Import ${enrolmentFile} there; the device tries again`,
      );
    case 2:
      return told(
        `${broker} refuses the client id ${device}. A broker must let a device use its own id as client id`,
      );
    case 3:
      return told(`${broker} is up but takes no connections at present; ${device} tries again`);
    case 'ECONNREFUSED':
      return told(
        `nothing listens at ${broker}. Start the gateway, or say where it is with --broker; messages are kept`,
      );
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return told(`the host of ${broker} has no address. Correct --broker; messages are kept`);
    default:
      return told(
        `${device} cannot reach ${broker}: ${error.message}. It keeps its messages and tries again`,
      );
  }
}

/** A broker that takes a device in and throws it out again, before a single PUBACK, objects to what it publishes. */
export function rejectedTopic({ broker, gateway, device }: Place): LinkTrouble {
  return {
    reason: 'rejected topic',
    text:
      `${broker} keeps closing the connection of ${device} without acknowledging anything. ` +
      `Is ${gateway} the gateway's id there (--gateway), and does nobody else connect as ${device}?`,
  };
}
