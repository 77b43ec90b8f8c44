CREATE TABLE "trace"."log_closures" (
	"log_id" text PRIMARY KEY NOT NULL,
	"size" bigint NOT NULL,
	"successor" text,
	"block_number" bigint NOT NULL
);
