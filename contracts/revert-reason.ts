import { type Interface, isCallException } from 'ethers';

/** The typed error that a call reverted with, as `Name(argument, …)`; undefined where it did not revert with one. */
export async function revertReason(
  call: Promise<unknown>,
  contract: { interface: Interface },
): Promise<string | undefined> {
  try {
    await call;
    return undefined;
  } catch (error) {
    const data = revertDataOf(error);
    const parsed = data === undefined ? null : contract.interface.parseError(data);
    return parsed === null ? undefined : `${parsed.name}(${parsed.args.map(String).join(', ')})`;
  }
}

function revertDataOf(error: unknown): string | undefined {
  if (isCallException(error) && error.data) return error.data;
  const nested = error as { error?: { data?: unknown }; info?: { error?: { data?: unknown } } };
  const data = nested.info?.error?.data ?? nested.error?.data;
  return typeof data === 'string' ? data : (data as { data?: string } | undefined)?.data;
}
