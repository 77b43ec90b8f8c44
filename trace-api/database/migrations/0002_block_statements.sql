CREATE TABLE "trace"."block_statements" (
	"log" integer NOT NULL,
	"index" bigint NOT NULL,
	"block_number" bigint NOT NULL,
	CONSTRAINT "block_statements_log_index_pk" PRIMARY KEY("log","index")
);
--> statement-breakpoint
-- What was mirrored before is noted, too. A payload may be any bytes, so it is read as escaped text, which never fails.
INSERT INTO "trace"."block_statements" ("log", "index", "block_number")
SELECT "log", "index", substring(encode("payload", 'escape') from '"blockNumber":([0-9]{1,15})[,}]')::bigint
FROM "trace"."entries"
WHERE get_byte("entry", 1) = 3 AND "payload" IS NOT NULL
  AND encode("payload", 'escape') ~ '"blockNumber":[0-9]{1,15}[,}]';
--> statement-breakpoint
-- Under keys that were revoked already, what had been called revoked may be suspect.
UPDATE "trace"."keys" SET "stale" = true WHERE "revoked_block" IS NOT NULL;
