CREATE TABLE "trace"."cosignatures" (
	"log_id" text NOT NULL,
	"size" bigint NOT NULL,
	"root" "bytea" NOT NULL,
	"witness" text NOT NULL,
	"line" text NOT NULL,
	CONSTRAINT "cosignatures_log_id_size_witness_pk" PRIMARY KEY("log_id","size","witness")
);
--> statement-breakpoint
CREATE TABLE "trace"."witnessed_heads" (
	"witness" text NOT NULL,
	"origin" text NOT NULL,
	"size" bigint NOT NULL,
	"root" "bytea" NOT NULL,
	CONSTRAINT "witnessed_heads_witness_origin_pk" PRIMARY KEY("witness","origin")
);
