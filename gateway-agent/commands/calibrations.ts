import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dataDictionary } from '@tianyuan/protocol';
import type { Command } from 'commander';
import { z } from 'zod';
import { addCalibration, listCalibrations, removeCalibration } from '../calibrations/calibration-book.ts';
import { calibrationSchema, calibrationState, parseDay, sensorText } from '../calibrations/calibration.ts';
import { GatewayError } from '../gateway-error.ts';
import { openBeside } from '../keep/open-beside.ts';

type AddOptions = {
  dataDir: string;
  device: string;
  type: string;
  sensor: string;
  file: string;
  issuer: string;
  from: string;
  until: string;
};

/** `calibrations add|list|remove`: a running agent logs what changes. */
export function addCalibrationCommands(program: Command): void {
  const calibrations = program
    .command('calibrations')
    .description(
      'Calibration certificates of sensors. A running agent logs what changes, so that it is evidence.',
    );

  calibrations
    .command('add')
    .description(
      'Note the certificate of one sensor of a device; its SHA-256 is logged, the file stays with you',
    )
    .requiredOption('--data-dir <dir>', 'the data directory of the gateway')
    .requiredOption('--device <id>', 'the device that the sensor belongs to')
    .requiredOption('--type <quantity>', `what it measures: ${Object.keys(dataDictionary).join(', ')}`)
    .option('--sensor <name>', 'the sensor, where the device has several of the quantity', '')
    .requiredOption('--file <certificate>', 'the certificate: a PDF, a photograph')
    .requiredOption('--issuer <name>', 'the laboratory that issued it')
    .requiredOption('--from <day>', 'first valid day, as 2026-05-01 (UTC)')
    .requiredOption('--until <day>', 'last valid day')
    .action((options: AddOptions) => {
      const calibration = parseCalibration(options);
      const store = openBeside(options.dataDir);
      try {
        const id = addCalibration(store, calibration, Date.now());
        process.stdout.write(`certificate ${id}, SHA-256 ${calibration.certificate}\n`);
      } finally {
        store.close();
      }
    });

  calibrations
    .command('list')
    .requiredOption('--data-dir <dir>', 'the data directory of the gateway')
    .action(({ dataDir }: { dataDir: string }) => {
      const store = openBeside(dataDir);
      for (const one of listCalibrations(store)) {
        const day = (at: number): string => new Date(at).toISOString().slice(0, 10);
        const state = calibrationState([one], Date.now()) === 'calibrated' ? 'valid' : 'not valid now';
        process.stdout.write(
          `${one.id} ${sensorText(one)} ${day(one.validFrom)}..${day(one.validUntil - 1)} ${state} ${one.certificate} ${one.issuer}\n`,
        );
      }
      store.close();
    });

  calibrations
    .command('remove <number>')
    .description('Take a certificate back; that it was noted stays in the log, and this is logged too')
    .requiredOption('--data-dir <dir>', 'the data directory of the gateway')
    .action((number: string, { dataDir }: { dataDir: string }) => {
      const store = openBeside(dataDir);
      try {
        removeCalibration(store, Number(number), Date.now());
      } finally {
        store.close();
      }
      process.stdout.write(`certificate ${number} taken back\n`);
    });
}

function parseCalibration({ device, sensor, type, file, issuer, from, until }: AddOptions) {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (cause) {
    throw new GatewayError('DEVICE', `cannot read the certificate ${file}`, { cause });
  }
  const validFrom = parseDay(from);
  const validUntil = parseDay(until, true);
  if (validFrom === undefined || validUntil === undefined)
    throw new GatewayError(
      'DEVICE',
      `${validFrom === undefined ? from : until} is no day; write it as 2026-05-01`,
    );
  const certificate = createHash('sha256').update(bytes).digest('hex');
  const parsed = calibrationSchema.safeParse({
    device,
    sensor,
    type,
    certificate,
    issuer,
    validFrom,
    validUntil,
  });
  if (!parsed.success)
    throw new GatewayError('DEVICE', `this certificate cannot be noted: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}
