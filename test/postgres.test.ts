import pg from 'pg';
import { expect, test } from 'vitest';
import { has } from './components.ts';
import { startPostgres } from './postgres.ts';

test.skipIf(!has('postgres'))('a server of its own, durable, gone after stop', async () => {
  const { url, stop } = await startPostgres({ max_connections: '7' });
  const client = new pg.Client({ connectionString: url });
  try {
    await client.connect();
    await client.query('create table leaf (index bigint primary key, hash bytea)');
    await client.query('insert into leaf values (1, $1)', [Buffer.from('00ff', 'hex')]);
    const { rows } = await client.query(
      `select hash, current_setting('fsync') as fsync, current_setting('max_connections') as limit from leaf`,
    );
    expect(rows).toEqual([{ hash: Buffer.from('00ff', 'hex'), fsync: 'on', limit: '7' }]);
  } finally {
    await client.end();
    await stop();
  }
  await expect(new pg.Client({ connectionString: url }).connect()).rejects.toMatchObject({
    code: 'ECONNREFUSED',
  });
});
