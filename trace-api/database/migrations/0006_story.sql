CREATE TABLE "trace"."belongings" (
	"at_index" bigint NOT NULL,
	"at" bigint NOT NULL,
	"thing_kind" text NOT NULL,
	"thing_id" text NOT NULL,
	"to_kind" text NOT NULL,
	"to_id" text NOT NULL,
	"from" bigint NOT NULL,
	"until" bigint,
	CONSTRAINT "belongings_thing_kind_thing_id_to_kind_to_id_at_index_pk" PRIMARY KEY("thing_kind","thing_id","to_kind","to_id","at_index")
);--> statement-breakpoint
CREATE TABLE "trace"."organisations" (
	"at_index" bigint NOT NULL,
	"at" bigint NOT NULL,
	"uscc" text NOT NULL,
	"name" jsonb NOT NULL,
	"kind" text NOT NULL,
	CONSTRAINT "organisations_uscc_at_index_pk" PRIMARY KEY("uscc","at_index")
);--> statement-breakpoint
CREATE TABLE "trace"."people" (
	"at_index" bigint NOT NULL,
	"at" bigint NOT NULL,
	"person" text NOT NULL,
	"organisation" text NOT NULL,
	"commitments" text[] NOT NULL,
	CONSTRAINT "people_person_at_index_pk" PRIMARY KEY("person","at_index")
);--> statement-breakpoint
CREATE TABLE "trace"."personal_data" (
	"commitment" text PRIMARY KEY NOT NULL,
	"person" text NOT NULL,
	"name" text NOT NULL,
	"value" jsonb NOT NULL,
	"salt" "bytea" NOT NULL
);--> statement-breakpoint
CREATE TABLE "trace"."role_ends" (
	"at_index" bigint NOT NULL,
	"at" bigint NOT NULL,
	"role" bigint NOT NULL,
	"until" bigint NOT NULL,
	"by" text NOT NULL,
	CONSTRAINT "role_ends_at_index_pk" PRIMARY KEY("at_index")
);--> statement-breakpoint
CREATE TABLE "trace"."role_grants" (
	"at_index" bigint NOT NULL,
	"at" bigint NOT NULL,
	"person" text NOT NULL,
	"role" text NOT NULL,
	"scope_kind" text NOT NULL,
	"scope_id" text NOT NULL,
	"from" bigint NOT NULL,
	"until" bigint,
	"by" text NOT NULL,
	CONSTRAINT "role_grants_at_index_pk" PRIMARY KEY("at_index")
);--> statement-breakpoint
CREATE TABLE "trace"."session_challenges" (
	"challenge" text PRIMARY KEY NOT NULL,
	"person" text NOT NULL,
	"expires_at" bigint NOT NULL
);--> statement-breakpoint
CREATE TABLE "trace"."sessions" (
	"token_hash" text PRIMARY KEY NOT NULL,
	"person" text NOT NULL,
	"key" bigint NOT NULL,
	"created_at" bigint NOT NULL,
	"expires_at" bigint NOT NULL,
	"revoked" boolean NOT NULL
);--> statement-breakpoint
CREATE INDEX "people_organisation_index" ON "trace"."people" USING btree ("organisation");--> statement-breakpoint
CREATE INDEX "personal_data_person_index" ON "trace"."personal_data" USING btree ("person");--> statement-breakpoint
CREATE INDEX "role_ends_role_index" ON "trace"."role_ends" USING btree ("role");--> statement-breakpoint
CREATE INDEX "role_grants_person_index" ON "trace"."role_grants" USING btree ("person");--> statement-breakpoint
CREATE INDEX "role_grants_scope_kind_scope_id_index" ON "trace"."role_grants" USING btree ("scope_kind","scope_id");--> statement-breakpoint
CREATE INDEX "sessions_person_index" ON "trace"."sessions" USING btree ("person");--> statement-breakpoint
CREATE TABLE "trace"."captures" (
	"at_index" bigint PRIMARY KEY NOT NULL,
	"log" integer NOT NULL,
	"index" bigint NOT NULL,
	"taken" boolean NOT NULL
);--> statement-breakpoint
CREATE TABLE "trace"."captures_due" (
	"log" integer NOT NULL,
	"index" bigint NOT NULL,
	CONSTRAINT "captures_due_log_index_pk" PRIMARY KEY("log","index")
);--> statement-breakpoint
CREATE TABLE "trace"."record_batches" (
	"at_index" bigint NOT NULL,
	"batch_id" text NOT NULL,
	CONSTRAINT "record_batches_batch_id_at_index_pk" PRIMARY KEY("batch_id","at_index")
);--> statement-breakpoint
CREATE TABLE "trace"."records" (
	"at_index" bigint PRIMARY KEY NOT NULL,
	"at" bigint NOT NULL,
	"name" text NOT NULL,
	"by" text NOT NULL,
	"signed" boolean NOT NULL
);--> statement-breakpoint
CREATE INDEX "captures_log_index_index" ON "trace"."captures" USING btree ("log","index");--> statement-breakpoint
CREATE INDEX "record_batches_at_index_index" ON "trace"."record_batches" USING btree ("at_index");--> statement-breakpoint
CREATE INDEX "records_at_index" ON "trace"."records" USING btree ("at");--> statement-breakpoint
CREATE INDEX "records_name_at_index_index" ON "trace"."records" USING btree ("name","at_index");--> statement-breakpoint
CREATE TABLE "trace"."containment_facts" (
	"at_index" bigint NOT NULL,
	"at" bigint NOT NULL,
	"child" text NOT NULL,
	"parent" text NOT NULL,
	"action" text NOT NULL,
	"quantity" bigint,
	"uom" text,
	"event_time" bigint NOT NULL,
	CONSTRAINT "containment_facts_at_index_child_pk" PRIMARY KEY("at_index","child")
);--> statement-breakpoint
CREATE TABLE "trace"."event_facts" (
	"at_index" bigint PRIMARY KEY NOT NULL,
	"at" bigint NOT NULL,
	"type" text NOT NULL,
	"action" text,
	"step" text,
	"disposition" text,
	"event_time" bigint NOT NULL,
	"read_point" text,
	"biz_location" text,
	"from_party" text,
	"to_party" text,
	"signer" text NOT NULL,
	"body" jsonb NOT NULL
);--> statement-breakpoint
CREATE TABLE "trace"."lot_facts" (
	"at_index" bigint NOT NULL,
	"at" bigint NOT NULL,
	"lot" text NOT NULL,
	"role" text NOT NULL,
	"quantity" bigint,
	"uom" text,
	"order_no" text,
	"event_time" bigint NOT NULL,
	CONSTRAINT "lot_facts_at_index_lot_role_pk" PRIMARY KEY("at_index","lot","role")
);--> statement-breakpoint
CREATE TABLE "trace"."piece_masses" (
	"lot" text PRIMARY KEY NOT NULL,
	"at_index" bigint NOT NULL,
	"at" bigint NOT NULL,
	"grams" bigint NOT NULL
);--> statement-breakpoint
CREATE INDEX "containment_facts_child_index" ON "trace"."containment_facts" USING btree ("child");--> statement-breakpoint
CREATE INDEX "containment_facts_parent_index" ON "trace"."containment_facts" USING btree ("parent");--> statement-breakpoint
CREATE INDEX "lot_facts_lot_role_index" ON "trace"."lot_facts" USING btree ("lot","role");--> statement-breakpoint
CREATE INDEX "lot_facts_order_no_index" ON "trace"."lot_facts" USING btree ("order_no");--> statement-breakpoint
CREATE TABLE "trace"."deliveries" (
	"subscriber" text NOT NULL,
	"event_id" text NOT NULL,
	"at" bigint NOT NULL,
	CONSTRAINT "deliveries_subscriber_event_id_pk" PRIMARY KEY("subscriber","event_id")
);--> statement-breakpoint
CREATE TABLE "trace"."outbox" (
	"position" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "trace"."outbox_position_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"id" text NOT NULL,
	"type" text NOT NULL,
	"version" integer NOT NULL,
	"correlation_id" text NOT NULL,
	"time" bigint NOT NULL,
	"payload" jsonb NOT NULL,
	"refusals" integer DEFAULT 0 NOT NULL,
	"published_at" bigint,
	"failure" text,
	CONSTRAINT "outbox_id_unique" UNIQUE("id")
);--> statement-breakpoint
CREATE INDEX "deliveries_at_index" ON "trace"."deliveries" USING btree ("at");--> statement-breakpoint
CREATE INDEX "outbox_waiting" ON "trace"."outbox" USING btree ("position") WHERE "trace"."outbox"."published_at" is null and "trace"."outbox"."failure" is null;--> statement-breakpoint
DROP INDEX "trace"."series_batch_id_type_from_time_index";--> statement-breakpoint
ALTER TABLE "trace"."series" DROP CONSTRAINT "series_batch_id_device_log_first_index_type_pk";--> statement-breakpoint
ALTER TABLE "trace"."series" ADD COLUMN "sensor" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "trace"."series" ADD COLUMN "indices" bigint[] DEFAULT '{}' NOT NULL;--> statement-breakpoint
CREATE INDEX "entries_flagged" ON "trace"."entries" USING btree ("log","index") WHERE flag is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "series_share" ON "trace"."series" USING btree ("batch_id","device","log","first_index","type","sensor");--> statement-breakpoint
CREATE INDEX "series_device_times" ON "trace"."series" USING btree ("device","from_time","to_time");--> statement-breakpoint
ALTER TABLE "trace"."personal_data" ALTER COLUMN "value" SET DATA TYPE text;--> statement-breakpoint
DROP TABLE "trace"."witnessed_heads" CASCADE;--> statement-breakpoint
ALTER TABLE "trace"."keys" ADD COLUMN "last_boot" bigint;--> statement-breakpoint
ALTER TABLE "trace"."keys" ADD COLUMN "last_seq" bigint;--> statement-breakpoint
ALTER TABLE "trace"."keys" ADD COLUMN "rotated_block" bigint;--> statement-breakpoint
CREATE TABLE "trace"."audit_heads" (
	"at_index" bigint PRIMARY KEY NOT NULL,
	"at" bigint NOT NULL,
	"chain" text NOT NULL,
	"lines" bigint NOT NULL,
	"hash" text NOT NULL
);--> statement-breakpoint
CREATE TABLE "trace"."audit_lines" (
	"chain" text NOT NULL,
	"seq" bigint NOT NULL,
	"at" bigint NOT NULL,
	"who" text NOT NULL,
	"method" text NOT NULL,
	"path" text NOT NULL,
	"request_id" text NOT NULL,
	"idempotency_key" text,
	"status" integer NOT NULL,
	"code" integer,
	"skipped" integer NOT NULL,
	"prev" text NOT NULL,
	"hash" text NOT NULL,
	CONSTRAINT "audit_lines_chain_seq_pk" PRIMARY KEY("chain","seq")
);--> statement-breakpoint
CREATE INDEX "audit_heads_chain_lines_index" ON "trace"."audit_heads" USING btree ("chain","lines");--> statement-breakpoint
CREATE INDEX "audit_lines_at_index" ON "trace"."audit_lines" USING btree ("at");--> statement-breakpoint
CREATE TABLE "trace"."bindings" (
	"at_index" bigint PRIMARY KEY NOT NULL,
	"at" bigint NOT NULL,
	"by" text NOT NULL,
	"device" text NOT NULL,
	"carrier" text NOT NULL,
	"from" bigint NOT NULL,
	"until" bigint,
	"counts" boolean NOT NULL
);--> statement-breakpoint
CREATE TABLE "trace"."excursion_facts" (
	"at_index" bigint PRIMARY KEY NOT NULL,
	"at" bigint NOT NULL,
	"batch_id" text NOT NULL,
	"excursion" text NOT NULL,
	"body" jsonb NOT NULL
);--> statement-breakpoint
CREATE TABLE "trace"."lost_ranges" (
	"log" integer NOT NULL,
	"index" bigint NOT NULL,
	"part" integer NOT NULL,
	"device" text NOT NULL,
	"key_number" bigint NOT NULL,
	"boot" bigint NOT NULL,
	"first_seq" bigint NOT NULL,
	"last_seq" bigint NOT NULL,
	"count" bigint NOT NULL,
	CONSTRAINT "lost_ranges_log_index_part_pk" PRIMARY KEY("log","index","part")
);--> statement-breakpoint
CREATE TABLE "trace"."profile_choices" (
	"at_index" bigint PRIMARY KEY NOT NULL,
	"at" bigint NOT NULL,
	"by" text NOT NULL,
	"gtin" text,
	"batch_id" text,
	"profile" text
);--> statement-breakpoint
CREATE TABLE "trace"."profiles" (
	"at_index" bigint PRIMARY KEY NOT NULL,
	"at" bigint NOT NULL,
	"by" text NOT NULL,
	"profile" text NOT NULL,
	"body" jsonb NOT NULL
);--> statement-breakpoint
CREATE INDEX "bindings_device_index" ON "trace"."bindings" USING btree ("device");--> statement-breakpoint
CREATE INDEX "bindings_carrier_index" ON "trace"."bindings" USING btree ("carrier");--> statement-breakpoint
CREATE INDEX "excursion_facts_batch_id_index" ON "trace"."excursion_facts" USING btree ("batch_id");--> statement-breakpoint
CREATE INDEX "lost_ranges_device_index" ON "trace"."lost_ranges" USING btree ("device");--> statement-breakpoint
CREATE INDEX "profile_choices_gtin_index" ON "trace"."profile_choices" USING btree ("gtin");--> statement-breakpoint
CREATE INDEX "profile_choices_batch_id_index" ON "trace"."profile_choices" USING btree ("batch_id");--> statement-breakpoint
CREATE INDEX "profiles_profile_index" ON "trace"."profiles" USING btree ("profile");--> statement-breakpoint
CREATE TABLE "trace"."catalogue_facts" (
	"kind" text NOT NULL,
	"id" text NOT NULL,
	"at_index" bigint NOT NULL,
	"at" bigint NOT NULL,
	"by" text NOT NULL,
	"body" jsonb NOT NULL,
	CONSTRAINT "catalogue_facts_kind_id_at_index_pk" PRIMARY KEY("kind","id","at_index")
);--> statement-breakpoint
ALTER TABLE "trace"."batches" ADD COLUMN "sku_id" text;--> statement-breakpoint
ALTER TABLE "trace"."batches" ADD COLUMN "harvest_year" integer;--> statement-breakpoint
ALTER TABLE "trace"."batches" ADD COLUMN "processing_date" text;--> statement-breakpoint
ALTER TABLE "trace"."batches" ADD COLUMN "farmer_id" text;--> statement-breakpoint
ALTER TABLE "trace"."batches" ADD COLUMN "farm_plot_id" text;--> statement-breakpoint
ALTER TABLE "trace"."batches" ADD COLUMN "irrigation_source" text;--> statement-breakpoint
ALTER TABLE "trace"."batches" ADD COLUMN "pesticide_report_id" text;--> statement-breakpoint
ALTER TABLE "trace"."batches" ADD COLUMN "quality_grade" text;--> statement-breakpoint
ALTER TABLE "trace"."batches" ADD COLUMN "inspection_report_url" text;--> statement-breakpoint
ALTER TABLE "trace"."batches" ADD COLUMN "trace_record_id" text;--> statement-breakpoint
ALTER TABLE "trace"."batches" ADD COLUMN "total_qty" jsonb;--> statement-breakpoint
ALTER TABLE "trace"."batches" ADD COLUMN "expiry_date" text;--> statement-breakpoint
ALTER TABLE "trace"."batches" ADD COLUMN "profile_id" text;--> statement-breakpoint
ALTER TABLE "trace"."batches" ADD COLUMN "created_at" bigint;--> statement-breakpoint
CREATE INDEX "batches_sku_id_index" ON "trace"."batches" USING btree ("sku_id");--> statement-breakpoint
CREATE TABLE "trace"."restorations" (
	"origin" text PRIMARY KEY NOT NULL,
	"size" bigint NOT NULL,
	"made_at" bigint NOT NULL,
	"restored_at" bigint NOT NULL
);--> statement-breakpoint
CREATE TABLE "trace"."quality_checks" (
	"at_index" bigint PRIMARY KEY NOT NULL,
	"at" bigint NOT NULL,
	"batch_id" text NOT NULL,
	"by" text NOT NULL,
	"sha256" text NOT NULL,
	"kind" text NOT NULL,
	"model" text NOT NULL,
	"version" text NOT NULL,
	"score" integer NOT NULL,
	"findings" jsonb NOT NULL
);--> statement-breakpoint
CREATE TABLE "trace"."work_orders" (
	"at_index" bigint PRIMARY KEY NOT NULL,
	"at" bigint NOT NULL,
	"batch_id" text NOT NULL,
	"by" text NOT NULL,
	"check_index" bigint NOT NULL,
	"score" integer NOT NULL,
	"threshold" integer NOT NULL
);--> statement-breakpoint
CREATE TABLE "trace"."work_orders_done" (
	"at_index" bigint PRIMARY KEY NOT NULL,
	"at" bigint NOT NULL,
	"order_index" bigint NOT NULL,
	"by" text NOT NULL,
	"note" text NOT NULL,
	CONSTRAINT "work_orders_done_order_index_unique" UNIQUE("order_index")
);--> statement-breakpoint
CREATE TABLE "trace"."case_closures" (
	"at_index" bigint PRIMARY KEY NOT NULL,
	"at" bigint NOT NULL,
	"by" text NOT NULL,
	"case_index" bigint NOT NULL,
	"outcome" text NOT NULL,
	"note" jsonb NOT NULL,
	CONSTRAINT "case_closures_case_index_unique" UNIQUE("case_index")
);--> statement-breakpoint
CREATE TABLE "trace"."cases" (
	"at_index" bigint PRIMARY KEY NOT NULL,
	"at" bigint NOT NULL,
	"by" text NOT NULL,
	"batch_id" text NOT NULL,
	"report_index" bigint NOT NULL,
	"disagreement" text NOT NULL,
	"detail" jsonb NOT NULL,
	"holds" boolean NOT NULL
);--> statement-breakpoint
CREATE TABLE "trace"."files" (
	"sha256" text PRIMARY KEY NOT NULL,
	"media_type" text NOT NULL,
	"length" bigint NOT NULL,
	"bytes" "bytea" NOT NULL,
	"by" text NOT NULL,
	"at" bigint NOT NULL
);--> statement-breakpoint
CREATE TABLE "trace"."report_findings" (
	"at_index" bigint PRIMARY KEY NOT NULL,
	"at" bigint NOT NULL,
	"by" text NOT NULL,
	"report_index" bigint NOT NULL,
	"inspected_at" bigint,
	"grade" text,
	"laboratory" text,
	"findings" jsonb NOT NULL
);--> statement-breakpoint
CREATE TABLE "trace"."reports" (
	"at_index" bigint PRIMARY KEY NOT NULL,
	"at" bigint NOT NULL,
	"by" text NOT NULL,
	"counts" boolean NOT NULL,
	"batch_id" text,
	"subject_kind" text NOT NULL,
	"subject_id" text NOT NULL,
	"sha256" text NOT NULL,
	"kind" text NOT NULL,
	"issuer" text NOT NULL,
	"media_type" text,
	"length" bigint,
	"model" text,
	"version" text,
	"score" integer
);--> statement-breakpoint
CREATE TABLE "trace"."status_facts" (
	"at_index" bigint PRIMARY KEY NOT NULL,
	"at" bigint NOT NULL,
	"batch_id" text NOT NULL,
	"kind" text NOT NULL,
	"reason" jsonb NOT NULL,
	"by" text NOT NULL,
	"hold" bigint,
	"class" smallint,
	"evidence" jsonb
);--> statement-breakpoint
CREATE INDEX "quality_checks_batch_id_index" ON "trace"."quality_checks" USING btree ("batch_id");--> statement-breakpoint
CREATE INDEX "work_orders_batch_id_index" ON "trace"."work_orders" USING btree ("batch_id");--> statement-breakpoint
CREATE UNIQUE INDEX "cases_report_index_disagreement_index" ON "trace"."cases" USING btree ("report_index","disagreement");--> statement-breakpoint
CREATE INDEX "cases_batch_id_index" ON "trace"."cases" USING btree ("batch_id");--> statement-breakpoint
CREATE INDEX "report_findings_report_index_index" ON "trace"."report_findings" USING btree ("report_index");--> statement-breakpoint
CREATE INDEX "reports_batch_id_index" ON "trace"."reports" USING btree ("batch_id");--> statement-breakpoint
CREATE INDEX "reports_sha256_index" ON "trace"."reports" USING btree ("sha256");--> statement-breakpoint
CREATE INDEX "status_facts_batch_id_index" ON "trace"."status_facts" USING btree ("batch_id");--> statement-breakpoint
CREATE TABLE "trace"."batch_summaries" (
	"at_index" bigint PRIMARY KEY NOT NULL,
	"at" bigint NOT NULL,
	"by" text NOT NULL,
	"batch_id" text NOT NULL,
	"as_of" bigint NOT NULL,
	"hash" text NOT NULL,
	"readings" jsonb NOT NULL
);--> statement-breakpoint
CREATE INDEX "batch_summaries_batch_id_index" ON "trace"."batch_summaries" USING btree ("batch_id");--> statement-breakpoint
CREATE TABLE "trace"."proven_summaries" (
	"at_index" bigint PRIMARY KEY NOT NULL,
	"at" bigint NOT NULL
);--> statement-breakpoint
ALTER TABLE "trace"."belongings" ADD COLUMN "way" text DEFAULT 'said' NOT NULL;--> statement-breakpoint
CREATE TABLE "trace"."national_attempts" (
	"batch_id" text PRIMARY KEY NOT NULL,
	"trace_code" text NOT NULL,
	"at" bigint NOT NULL,
	"outcome" text NOT NULL,
	"detail" text NOT NULL,
	"environment" text NOT NULL,
	"failures" integer NOT NULL,
	"next_at" bigint NOT NULL
);--> statement-breakpoint
CREATE TABLE "trace"."national_bodies" (
	"sha256" text PRIMARY KEY NOT NULL,
	"body" "bytea" NOT NULL
);--> statement-breakpoint
CREATE TABLE "trace"."national_responses" (
	"at_index" bigint PRIMARY KEY NOT NULL,
	"at" bigint NOT NULL,
	"batch_id" text NOT NULL,
	"trace_code" text NOT NULL,
	"environment" text NOT NULL,
	"mapping" text NOT NULL,
	"status" integer NOT NULL,
	"sha256" text NOT NULL,
	"outcome" text NOT NULL,
	"signature" text NOT NULL,
	"key_id" text,
	"content" text,
	"changed_from" bigint
);--> statement-breakpoint
CREATE INDEX "national_attempts_next_at_index" ON "trace"."national_attempts" USING btree ("next_at");--> statement-breakpoint
CREATE INDEX "national_responses_batch_id_at_index_index" ON "trace"."national_responses" USING btree ("batch_id","at_index");
