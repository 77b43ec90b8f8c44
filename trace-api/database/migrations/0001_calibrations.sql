CREATE TABLE "trace"."batch_sensors" (
	"batch_id" text NOT NULL,
	"device" text NOT NULL,
	"log" integer NOT NULL,
	"type" text NOT NULL,
	"sensor" text NOT NULL,
	CONSTRAINT "batch_sensors_batch_id_device_log_type_sensor_pk" PRIMARY KEY("batch_id","device","log","type","sensor")
);
--> statement-breakpoint
CREATE TABLE "trace"."calibrations" (
	"log" integer NOT NULL,
	"index" bigint NOT NULL,
	"device" text NOT NULL,
	"sensor" text NOT NULL,
	"type" text NOT NULL,
	"certificate" text NOT NULL,
	"issuer" text NOT NULL,
	"valid_from" bigint NOT NULL,
	"valid_until" bigint NOT NULL,
	"removed_index" bigint,
	CONSTRAINT "calibrations_log_index_pk" PRIMARY KEY("log","index")
);
--> statement-breakpoint
CREATE INDEX "calibrations_device_type_index" ON "trace"."calibrations" USING btree ("device","type");--> statement-breakpoint
-- What was mirrored before did not say which sensor it was of.
INSERT INTO "trace"."batch_sensors" SELECT DISTINCT "batch_id", "device", "log", "type", '' FROM "trace"."series";
