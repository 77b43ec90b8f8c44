CREATE TABLE `anchor_days` (
	`day` text PRIMARY KEY NOT NULL,
	`transactions` integer NOT NULL,
	`gas` integer NOT NULL,
	`wei` text NOT NULL
);
