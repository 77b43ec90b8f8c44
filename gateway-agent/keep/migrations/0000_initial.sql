CREATE TABLE `anchors` (
	`size` integer PRIMARY KEY NOT NULL,
	`state` text NOT NULL,
	`transaction_hash` text NOT NULL,
	`block_number` integer,
	`block_hash` text,
	`sent_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `checkpoints` (
	`size` integer PRIMARY KEY NOT NULL,
	`root` blob NOT NULL,
	`note` text NOT NULL,
	`signed_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `device_keys` (
	`id` integer PRIMARY KEY NOT NULL,
	`device` text NOT NULL,
	`key` integer NOT NULL,
	`public_key` blob NOT NULL,
	`revoked` integer DEFAULT false NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `device_keys_name` ON `device_keys` (`device`,`key`);--> statement-breakpoint
CREATE UNIQUE INDEX `device_keys_public_key` ON `device_keys` (`public_key`);--> statement-breakpoint
CREATE TABLE `devices` (
	`device` text PRIMARY KEY NOT NULL,
	`token_hash` blob NOT NULL,
	`enrolled_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `entries` (
	`idx` integer PRIMARY KEY NOT NULL,
	`entry` blob NOT NULL,
	`payload` blob,
	`flags` text
);
--> statement-breakpoint
CREATE TABLE `equivocations` (
	`key_id` integer NOT NULL,
	`boot` integer NOT NULL,
	`seq` integer NOT NULL,
	`payload_hash` blob NOT NULL,
	`idx` integer NOT NULL,
	PRIMARY KEY(`key_id`, `boot`, `seq`, `payload_hash`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `quarantine` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`device` text NOT NULL,
	`code` text NOT NULL,
	`detail` text NOT NULL,
	`payload` blob NOT NULL,
	`received_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `quarantine_code` ON `quarantine` (`code`);--> statement-breakpoint
CREATE TABLE `refusals` (
	`code` text PRIMARY KEY NOT NULL,
	`count` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `seen` (
	`key_id` integer NOT NULL,
	`boot` integer NOT NULL,
	`seq` integer NOT NULL,
	`idx` integer NOT NULL,
	PRIMARY KEY(`key_id`, `boot`, `seq`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `settings` (
	`name` text PRIMARY KEY NOT NULL,
	`value` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `tiles` (
	`level` integer NOT NULL,
	`idx` integer NOT NULL,
	`hashes` blob NOT NULL,
	`middle` blob NOT NULL,
	`root` blob NOT NULL,
	PRIMARY KEY(`level`, `idx`)
);
