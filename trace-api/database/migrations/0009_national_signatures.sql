CREATE TABLE "trace"."national_signatures" (
	"at_index" bigint PRIMARY KEY NOT NULL,
	"algorithm" text NOT NULL,
	"signed" text NOT NULL,
	"signature" text NOT NULL
);
