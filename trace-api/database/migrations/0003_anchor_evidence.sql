CREATE TABLE "trace"."anchor_evidence" (
	"log_id" text NOT NULL,
	"size" bigint NOT NULL,
	"block_hash" text NOT NULL,
	"evidence" jsonb,
	"account_proof" jsonb,
	"storage_root" text,
	CONSTRAINT "anchor_evidence_log_id_size_pk" PRIMARY KEY("log_id","size")
);
--> statement-breakpoint
CREATE TABLE "trace"."registry_proofs" (
	"storage_root" text NOT NULL,
	"public_key" "bytea" NOT NULL,
	"log_id" text NOT NULL,
	"nodes" jsonb NOT NULL,
	CONSTRAINT "registry_proofs_storage_root_public_key_log_id_pk" PRIMARY KEY("storage_root","public_key","log_id")
);
