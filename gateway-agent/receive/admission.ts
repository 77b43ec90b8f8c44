import type { AuthenticateError, Client } from 'aedes';
import type { ClaimDesk } from '../devices/claim-desk.ts';
import type { Credential, DeviceRegister } from '../devices/device-register.ts';
import { type Claimants, newClaimants } from './claimants.ts';
import type { Operator } from './operator.ts';
import type { TurnedAwayReason } from './turned-away.ts';

/** Who may come in, and who may stay. */
export type Admission = {
  authenticate: (
    client: Client,
    username: string | undefined,
    password: Buffer | undefined,
    done: (error: AuthenticateError | null, success: boolean | null) => void,
  ) => void;
  /** ends connections whose credential was withdrawn; costs next to nothing while nothing changed */
  lookAgain: () => void;
  /** whether this is one of them: nothing that it says counts any more, its last will included */
  isWithdrawn: (client: Client) => boolean;
  /** whether this is somebody who listens for alarms, and may do nothing else */
  isOperator: (client: Client) => boolean;
  /** undefined where no claims are taken */
  claimants: Claimants | undefined;
};

// CONNACK codes of MQTT 3.1.1, table 3.1.
const serverUnavailable = 3;
const notAuthorised = 5;

export function openAdmission(options: {
  gateway: string;
  register: DeviceRegister;
  claims: ClaimDesk | undefined;
  operator: Operator | undefined;
  /** over TLS a token alone is not enough */
  requireCertificate: boolean;
  certificateOf: (client: Client) => { name: string; fingerprint: Buffer } | undefined;
  isOverTls: (client: Client) => boolean;
  onAdmitted: (client: Client) => void;
  onTurnedAway: (reason: TurnedAwayReason, about: object) => void;
  connected: () => Client[];
}): Admission {
  const {
    gateway,
    register,
    claims,
    operator,
    requireCertificate,
    certificateOf,
    isOverTls,
    onTurnedAway,
    connected,
  } = options;
  const credentials = new WeakMap<Client, Credential>();
  const claimants = claims && newClaimants(gateway, claims);
  const withdrawn = new WeakSet<Client>();
  /** operators, by the credential that let them in */
  const operators = new WeakMap<Client, string>();
  let looked = Number.NaN;

  function admit(client: Client, username: string | undefined, token: Buffer | undefined) {
    if (operator?.isNamed(client.id)) {
      if (token === undefined || !operator.authenticates(username, token)) return 'WRONG_TOKEN';
      operators.set(client, operator.credential()!);
      return undefined;
    }
    const certificate = certificateOf(client);
    const isNamed = username === client.id && token !== undefined;
    if (claimants && certificate === undefined && isNamed && claims.opens(client.id, token)) {
      claimants.admit(client);
      return undefined;
    }
    const admitted = register.admit({ clientId: client.id, username, token, certificate });
    if ('refusal' in admitted) return admitted.refusal;
    if (requireCertificate && certificate === undefined && isOverTls(client)) return 'NO_CREDENTIAL';
    credentials.set(client, admitted.credential);
    claims?.entered(client.id);
    return undefined;
  }

  const isAdmitted = (client: Client): boolean => {
    if (operators.has(client)) return operators.get(client) === operator?.credential();
    if (claimants?.isOne(client)) return true;
    const credential = credentials.get(client);
    return credential !== undefined && register.stillAdmits(credential);
  };

  return {
    claimants,
    authenticate(client, username, password, done) {
      const refuse = (returnCode: 3 | 5, reason: TurnedAwayReason, error?: unknown): void => {
        onTurnedAway(reason, {
          client: client.id.slice(0, 100),
          username: username?.slice(0, 100),
          err: error,
        });
        done(Object.assign(new Error(reason), { returnCode }), false);
      };
      let refusal: TurnedAwayReason | undefined;
      try {
        refusal = admit(client, username, password);
      } catch (error) {
        return refuse(serverUnavailable, 'STORE_UNREADABLE', error);
      }
      if (refusal !== undefined) return refuse(notAuthorised, refusal);
      options.onAdmitted(client);
      done(null, true);
    },
    isWithdrawn: (client) => withdrawn.has(client),
    isOperator: (client) => operators.has(client),
    lookAgain() {
      const version = register.version();
      if (version === looked) return;
      looked = version;
      claimants?.lookAgain();
      for (const client of connected()) {
        if (isAdmitted(client)) continue;
        withdrawn.add(client);
        onTurnedAway('CREDENTIAL_WITHDRAWN', { device: client.id });
        client.close();
      }
    },
  };
}
