import { formatScale } from './format-scale.ts';

process.stdout.write(formatScale());
