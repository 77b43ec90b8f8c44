/** A person's key in this browser. Its private half cannot be taken out, not even by this page. */
export type KeptKey = {
  person: string;
  /** its number in the registry */
  key: number;
  /** 32 bytes */
  publicKey: Uint8Array<ArrayBuffer>;
  privateKey: CryptoKey;
  /** the second in which the key was made here: no other place has the key, so none has this count */
  boot: number;
  /** the number of the last message signed under it */
  seq: number;
};

/** A signed message that nobody has said yes or no to. It is sent again as it is, and never signed anew. */
export type Outgoing = { id: string; person: string; what: string; payload: string };

const keys = 'keys';
const outbox = 'outbox';

/** The browser's own store of this site. */
export async function openKeyStore() {
  const request = indexedDB.open('tianyuan-desk', 1);
  request.addEventListener('upgradeneeded', () => {
    request.result.createObjectStore(keys, { keyPath: 'person' });
    request.result.createObjectStore(outbox, { keyPath: 'id' });
  });
  const database = await answer(request);

  /** One transaction, on disk when it resolves: a number that was handed out must not come again after a crash. */
  async function write<T>(store: string, work: (objects: IDBObjectStore) => Promise<T>): Promise<T> {
    const transaction = database.transaction(store, 'readwrite', { durability: 'strict' });
    const done = new Promise<void>((resolve, reject) => {
      transaction.addEventListener('complete', () => resolve());
      transaction.addEventListener('abort', () => reject(transaction.error ?? new Error('aborted')));
    });
    const result = await work(transaction.objectStore(store));
    await done;
    return result;
  }
  const read = (store: string) => database.transaction(store).objectStore(store);

  return {
    all: (): Promise<KeptKey[]> => answer(read(keys).getAll() as IDBRequest<KeptKey[]>),
    keep: (key: KeptKey): Promise<unknown> => write(keys, (objects) => answer(objects.add(key))),
    renumber: (person: string, number: number): Promise<unknown> =>
      write(keys, async (objects) => {
        const kept = await answer(objects.get(person) as IDBRequest<KeptKey>);
        return answer(objects.put({ ...kept, key: number }));
      }),
    /** Takes the next number under the key; also from another tab, nobody gets the same one. */
    takeNumber: (person: string): Promise<KeptKey> =>
      write(keys, async (objects) => {
        const kept = await answer(objects.get(person) as IDBRequest<KeptKey>);
        const next = { ...kept, seq: kept.seq + 1 };
        await answer(objects.put(next));
        return next;
      }),
    outgoing: (): Promise<Outgoing[]> => answer(read(outbox).getAll() as IDBRequest<Outgoing[]>),
    putOut: (message: Outgoing): Promise<unknown> => write(outbox, (objects) => answer(objects.put(message))),
    takeBack: (id: string): Promise<unknown> => write(outbox, (objects) => answer(objects.delete(id))),
  };
}

export type KeyStore = Awaited<ReturnType<typeof openKeyStore>>;

function answer<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result));
    request.addEventListener('error', () => reject(request.error ?? new Error('IndexedDB')));
  });
}
