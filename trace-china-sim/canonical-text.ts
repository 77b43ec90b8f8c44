/** What is signed: docs/trace-china.md, "What is signed". Every line ends with a line feed, the last one too. */
export function requestText(request: {
  method: string;
  /** path and query as they were sent */
  target: string;
  clientId: string;
  timestamp: string;
  nonce: string;
  digest: string;
}): string {
  const { method, target, clientId, timestamp, nonce, digest } = request;
  return `TC1-REQUEST\n${method}\n${target}\n${clientId}\n${timestamp}\n${nonce}\n${digest}\n`;
}

export function responseText(response: {
  status: number;
  keyId: string;
  timestamp: string;
  /** of the request that is answered */
  nonce: string;
  digest: string;
}): string {
  const { status, keyId, timestamp, nonce, digest } = response;
  return `TC1-RESPONSE\n${status}\n${keyId}\n${timestamp}\n${nonce}\n${digest}\n`;
}
