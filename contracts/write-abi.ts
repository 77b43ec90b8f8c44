import { writeFile } from 'node:fs/promises';
import { abiFile, compile, deployedContracts, formatBuild, openHardhat, readBuild } from './build.ts';

const hardhat = await openHardhat();
await compile(hardhat);
for (const contract of deployedContracts) {
  await writeFile(abiFile(contract), formatBuild(await readBuild(hardhat, contract)));
}
