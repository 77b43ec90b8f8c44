CREATE TABLE `certificates` (
	`fingerprint` blob PRIMARY KEY NOT NULL,
	`device` text NOT NULL,
	`serial` text NOT NULL,
	`issued_at` integer NOT NULL,
	`not_after` integer NOT NULL,
	`revoked_at` integer
);
--> statement-breakpoint
CREATE TABLE `claims` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`device` text NOT NULL,
	`token_hash` blob NOT NULL,
	`state` text NOT NULL,
	`auto_approve` integer NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`public_key` blob,
	`csr` blob,
	`last_boot` integer,
	`last_seq` integer,
	`presented_at` integer,
	`key` integer,
	`certificate` text
);
--> statement-breakpoint
CREATE UNIQUE INDEX `claims_token_hash_unique` ON `claims` (`token_hash`);--> statement-breakpoint
CREATE TABLE `registry_events` (
	`block_number` integer NOT NULL,
	`log_index` integer NOT NULL,
	`kind` text NOT NULL,
	`public_key` blob NOT NULL,
	`subject` text,
	`key` integer,
	`last_boot` integer,
	`last_seq` integer,
	`cut_from` integer,
	PRIMARY KEY(`block_number`, `log_index`)
);
--> statement-breakpoint
CREATE INDEX `registry_events_public_key` ON `registry_events` (`public_key`);--> statement-breakpoint
CREATE INDEX `registry_events_subject` ON `registry_events` (`subject`);--> statement-breakpoint
CREATE TABLE `registry_requests` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`kind` text NOT NULL,
	`device` text NOT NULL,
	`key` integer NOT NULL,
	`public_key` blob NOT NULL,
	`new_public_key` blob,
	`last_boot` integer,
	`last_seq` integer,
	`from_index` integer,
	`requested_at` integer NOT NULL,
	`trouble` text
);
--> statement-breakpoint
ALTER TABLE `device_keys` ADD `revoked_at` integer;--> statement-breakpoint
ALTER TABLE `device_keys` ADD `last_boot` integer;--> statement-breakpoint
ALTER TABLE `device_keys` ADD `last_seq` integer;--> statement-breakpoint
ALTER TABLE `device_keys` ADD `source` text DEFAULT 'owner' NOT NULL;--> statement-breakpoint
ALTER TABLE `devices` ADD `revoked_at` integer;--> statement-breakpoint
ALTER TABLE `devices` ADD `rate_per_second` real;--> statement-breakpoint
ALTER TABLE `devices` ADD `burst` integer;