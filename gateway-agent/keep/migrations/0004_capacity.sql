CREATE TABLE `evictions` (
	`idx` integer PRIMARY KEY NOT NULL,
	`from_idx` integer NOT NULL,
	`to_idx` integer NOT NULL,
	`reason` text NOT NULL,
	`payloads` integer NOT NULL,
	`done` integer NOT NULL
);
