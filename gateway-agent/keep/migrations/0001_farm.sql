CREATE TABLE `alarms` (
	`kind` text NOT NULL,
	`subject` text NOT NULL,
	`state` text NOT NULL,
	`since` integer NOT NULL,
	`raised_at` integer,
	`detail` text NOT NULL,
	PRIMARY KEY(`kind`, `subject`)
);
--> statement-breakpoint
CREATE TABLE `latest_readings` (
	`device` text NOT NULL,
	`sensor` text NOT NULL,
	`type` text NOT NULL,
	`value` integer NOT NULL,
	`time` integer NOT NULL,
	`received_at` integer NOT NULL,
	PRIMARY KEY(`device`, `type`, `sensor`)
);
--> statement-breakpoint
CREATE TABLE `notices` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`body` text NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `watch_memory` (
	`name` text PRIMARY KEY NOT NULL,
	`value` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `calibrations` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`device` text NOT NULL,
	`sensor` text NOT NULL,
	`type` text NOT NULL,
	`certificate` text NOT NULL,
	`issuer` text NOT NULL,
	`valid_from` integer NOT NULL,
	`valid_until` integer NOT NULL,
	`added_at` integer NOT NULL,
	`removed_at` integer,
	`added_index` integer,
	`removed_index` integer
);
--> statement-breakpoint
CREATE INDEX `calibrations_sensor` ON `calibrations` (`device`,`type`,`sensor`);