CREATE SCHEMA "trace";
--> statement-breakpoint
CREATE TABLE "trace"."anchors" (
	"log_id" text NOT NULL,
	"size" bigint NOT NULL,
	"root" "bytea" NOT NULL,
	"signature" "bytea" NOT NULL,
	"chain_id" bigint NOT NULL,
	"contract" text NOT NULL,
	"transaction_hash" text NOT NULL,
	"block_number" bigint NOT NULL,
	"block_hash" text NOT NULL,
	"block_time" bigint NOT NULL,
	"event_index" integer NOT NULL,
	"final" boolean NOT NULL,
	"agrees" boolean,
	"key" integer,
	CONSTRAINT "anchors_log_id_size_pk" PRIMARY KEY("log_id","size")
);
--> statement-breakpoint
CREATE TABLE "trace"."batch_flags" (
	"batch_id" text NOT NULL,
	"device" text NOT NULL,
	"flag" text NOT NULL,
	"count" bigint NOT NULL,
	CONSTRAINT "batch_flags_batch_id_device_flag_pk" PRIMARY KEY("batch_id","device","flag")
);
--> statement-breakpoint
CREATE TABLE "trace"."batches" (
	"batch_id" text PRIMARY KEY NOT NULL,
	"gtin" text NOT NULL,
	"lot" text NOT NULL,
	"product" jsonb NOT NULL,
	"origin" jsonb NOT NULL,
	"harvested_at" bigint,
	"limits" jsonb NOT NULL,
	"devices" jsonb NOT NULL,
	"published" boolean NOT NULL,
	CONSTRAINT "batches_gtin_lot_unique" UNIQUE("gtin","lot")
);
--> statement-breakpoint
CREATE TABLE "trace"."chain_cursor" (
	"id" integer PRIMARY KEY NOT NULL,
	"cursor" jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "trace"."checkpoints" (
	"log" integer NOT NULL,
	"size" bigint NOT NULL,
	"note" text NOT NULL,
	"received_at" bigint NOT NULL,
	CONSTRAINT "checkpoints_log_size_pk" PRIMARY KEY("log","size")
);
--> statement-breakpoint
CREATE TABLE "trace"."entries" (
	"log" integer NOT NULL,
	"index" bigint NOT NULL,
	"entry" "bytea" NOT NULL,
	"payload" "bytea",
	"verified" boolean NOT NULL,
	"flag" text,
	"key" integer,
	"boot" bigint,
	"seq" bigint,
	CONSTRAINT "entries_log_index_pk" PRIMARY KEY("log","index")
);
--> statement-breakpoint
CREATE TABLE "trace"."evidence" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "trace"."evidence_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"kind" text NOT NULL,
	"log_id" text NOT NULL,
	"subject" text NOT NULL,
	"detail" jsonb NOT NULL,
	"found_at" bigint NOT NULL,
	CONSTRAINT "evidence_kind_log_id_subject_unique" UNIQUE("kind","log_id","subject")
);
--> statement-breakpoint
CREATE TABLE "trace"."idempotency" (
	"scope" text NOT NULL,
	"key" text NOT NULL,
	"body_hash" text NOT NULL,
	"status" integer NOT NULL,
	"content_type" text NOT NULL,
	"body" text NOT NULL,
	"created_at" bigint NOT NULL,
	CONSTRAINT "idempotency_scope_key_pk" PRIMARY KEY("scope","key")
);
--> statement-breakpoint
CREATE TABLE "trace"."key_cuts" (
	"public_key" "bytea" NOT NULL,
	"log_id" text NOT NULL,
	"from_index" bigint NOT NULL,
	"block_number" bigint NOT NULL,
	"event_index" integer NOT NULL,
	CONSTRAINT "key_cuts_public_key_log_id_from_index_pk" PRIMARY KEY("public_key","log_id","from_index")
);
--> statement-breakpoint
CREATE TABLE "trace"."keys" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "trace"."keys_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"subject" text NOT NULL,
	"key_number" bigint NOT NULL,
	"public_key" "bytea" NOT NULL,
	"transaction_hash" text NOT NULL,
	"block_number" bigint NOT NULL,
	"event_index" integer NOT NULL,
	"enrolled" boolean NOT NULL,
	"revoked_block" bigint,
	"revoked_event" integer,
	"stale" boolean NOT NULL,
	CONSTRAINT "keys_public_key_unique" UNIQUE("public_key")
);
--> statement-breakpoint
CREATE TABLE "trace"."log_flags" (
	"log" integer NOT NULL,
	"flag" text NOT NULL,
	"count" bigint NOT NULL,
	CONSTRAINT "log_flags_log_flag_pk" PRIMARY KEY("log","flag")
);
--> statement-breakpoint
CREATE TABLE "trace"."logs" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "trace"."logs_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"log_id" text NOT NULL,
	"origin" text NOT NULL,
	"size" bigint NOT NULL,
	"root" "bytea" NOT NULL,
	"checkpoint" text NOT NULL,
	"messages" bigint NOT NULL,
	"verified" bigint NOT NULL,
	CONSTRAINT "logs_log_id_unique" UNIQUE("log_id")
);
--> statement-breakpoint
CREATE TABLE "trace"."series" (
	"batch_id" text NOT NULL,
	"device" text NOT NULL,
	"log" integer NOT NULL,
	"first_index" bigint NOT NULL,
	"type" text NOT NULL,
	"times" bigint[] NOT NULL,
	"values" bigint[] NOT NULL,
	"from_time" bigint NOT NULL,
	"to_time" bigint NOT NULL,
	"count" integer NOT NULL,
	"min" bigint NOT NULL,
	"max" bigint NOT NULL,
	"sum" bigint NOT NULL,
	CONSTRAINT "series_batch_id_device_log_first_index_type_pk" PRIMARY KEY("batch_id","device","log","first_index","type")
);
--> statement-breakpoint
CREATE TABLE "trace"."shares" (
	"batch_id" text NOT NULL,
	"device" text NOT NULL,
	"log" integer NOT NULL,
	"indices" bigint[] NOT NULL,
	"first_index" bigint NOT NULL,
	"last_index" bigint NOT NULL,
	CONSTRAINT "shares_batch_id_device_log_first_index_pk" PRIMARY KEY("batch_id","device","log","first_index")
);
--> statement-breakpoint
CREATE TABLE "trace"."strangers" (
	"log" integer NOT NULL,
	"index" bigint NOT NULL,
	"subject" text NOT NULL,
	"key_number" bigint NOT NULL,
	CONSTRAINT "strangers_log_index_pk" PRIMARY KEY("log","index")
);
--> statement-breakpoint
CREATE TABLE "trace"."tiles" (
	"log" integer NOT NULL,
	"level" smallint NOT NULL,
	"index" bigint NOT NULL,
	"hashes" "bytea" NOT NULL,
	"root" "bytea" NOT NULL,
	CONSTRAINT "tiles_log_level_index_pk" PRIMARY KEY("log","level","index")
);
--> statement-breakpoint
CREATE INDEX "anchors_block_number_index" ON "trace"."anchors" USING btree ("block_number");--> statement-breakpoint
CREATE UNIQUE INDEX "entries_seen" ON "trace"."entries" USING btree ("key","boot","seq") WHERE verified;--> statement-breakpoint
CREATE INDEX "keys_subject_key_number_index" ON "trace"."keys" USING btree ("subject","key_number");--> statement-breakpoint
CREATE INDEX "series_batch_id_type_from_time_index" ON "trace"."series" USING btree ("batch_id","type","from_time");--> statement-breakpoint
CREATE INDEX "strangers_subject_key_number_index" ON "trace"."strangers" USING btree ("subject","key_number");