import { config } from 'zod';

// zod compiles its object parsers with `new Function`, which the page's content security policy refuses, and browsers
// report even the attempt. Imported first: a schema looks when it is made.
config({ jitless: true });
