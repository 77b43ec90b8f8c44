CREATE TABLE `device_states` (
	`device` text PRIMARY KEY NOT NULL,
	`state` text NOT NULL
);
