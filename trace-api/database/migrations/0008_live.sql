CREATE TABLE "trace"."live_heads" (
	"log" integer NOT NULL,
	"size" bigint NOT NULL,
	"root" "bytea" NOT NULL,
	"note" text NOT NULL,
	CONSTRAINT "live_heads_log_size_pk" PRIMARY KEY("log","size")
);
--> statement-breakpoint
CREATE TABLE "trace"."live_readings" (
	"log" integer NOT NULL,
	"batch_id" text NOT NULL,
	"device" text NOT NULL,
	"type" text NOT NULL,
	"sensor" text NOT NULL,
	"time" bigint NOT NULL,
	"value" bigint NOT NULL,
	"index" bigint NOT NULL,
	CONSTRAINT "live_readings_log_batch_id_device_type_sensor_pk" PRIMARY KEY("log","batch_id","device","type","sensor")
);
--> statement-breakpoint
CREATE INDEX "live_readings_batch_id_index" ON "trace"."live_readings" USING btree ("batch_id");--> statement-breakpoint
CREATE INDEX "live_readings_device_index" ON "trace"."live_readings" USING btree ("device");