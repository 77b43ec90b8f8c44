// tsyringe, on which the library stands, wants it before everything else.
// oxlint-disable-next-line import/no-unassigned-import
import 'reflect-metadata';

export * from '@peculiar/x509';
