-- Everything the pipeline remembers. Any sqlite3 can read it:
--   SELECT id, status, body ->> '$.content' FROM message ORDER BY id DESC LIMIT 10;
--   SELECT * FROM event_log WHERE tenant = 'acme' ORDER BY sequence DESC LIMIT 10;
-- Times are microseconds since 1970 unless a column says otherwise; `body` is JSON.

-- Facts about this file: how often it was opened.
CREATE TABLE meta (
  name  TEXT PRIMARY KEY,
  value
) WITHOUT ROWID;

CREATE TABLE tenant (
  number INTEGER PRIMARY KEY,
  name   TEXT NOT NULL UNIQUE
);

-- The four listed tables have one shape. Rows lie in order of arrival (`row`), so that
-- new ones share pages; listings go by id.
CREATE TABLE message (
  row        INTEGER PRIMARY KEY,
  tenant     INTEGER NOT NULL,
  id         TEXT NOT NULL,
  version    INTEGER NOT NULL,
  status     TEXT,
  direction  TEXT,
  grp        TEXT,              -- the conversation
  expires_at INTEGER,
  body       TEXT NOT NULL
);
CREATE UNIQUE INDEX message_id ON message (tenant, id);
CREATE INDEX message_grp ON message (grp, id) WHERE grp IS NOT NULL;

CREATE TABLE conversation (
  row        INTEGER PRIMARY KEY,
  tenant     INTEGER NOT NULL,
  id         TEXT NOT NULL,
  version    INTEGER NOT NULL,
  status     TEXT,
  direction  TEXT,
  grp        TEXT,              -- the customer
  expires_at INTEGER,
  body       TEXT NOT NULL
);
CREATE UNIQUE INDEX conversation_id ON conversation (tenant, id);
CREATE INDEX conversation_grp ON conversation (grp, id) WHERE grp IS NOT NULL;

CREATE TABLE customer (
  row        INTEGER PRIMARY KEY,
  tenant     INTEGER NOT NULL,
  id         TEXT NOT NULL,
  version    INTEGER NOT NULL,
  status     TEXT,
  direction  TEXT,
  grp        TEXT,
  expires_at INTEGER,
  body       TEXT NOT NULL
);
CREATE UNIQUE INDEX customer_id ON customer (tenant, id);

CREATE TABLE dead_letter (
  row        INTEGER PRIMARY KEY,
  tenant     INTEGER NOT NULL,
  id         TEXT NOT NULL,
  version    INTEGER NOT NULL,
  status     TEXT,
  direction  TEXT,
  grp        TEXT,
  expires_at INTEGER,
  body       TEXT NOT NULL
);
CREATE UNIQUE INDEX dead_letter_id ON dead_letter (tenant, id);

-- Small facts found by an exact key only. `key` is the first half of
-- SHA-256(tenant, 0, key): it names the tenant, too.
CREATE TABLE pointer (
  key        BLOB PRIMARY KEY,
  version    INTEGER NOT NULL,
  expires_at INTEGER,
  body       TEXT NOT NULL
) WITHOUT ROWID;

-- Open jobs, in order of arrival. Done jobs are deleted in the commit that completes them.
CREATE TABLE job (
  seq        INTEGER PRIMARY KEY,
  tenant     INTEGER NOT NULL,
  id         TEXT NOT NULL,
  lane       TEXT NOT NULL,
  priority   INTEGER NOT NULL,  -- 0 high, 1 normal, 2 low
  not_before INTEGER,
  body       TEXT NOT NULL
);

-- seq = tenant * 2^40 + the tenant's own sequence: each tenant's events lie together, and
-- no index is needed to read them from a point on.
CREATE TABLE event (
  seq  INTEGER PRIMARY KEY,
  at   INTEGER NOT NULL,
  type TEXT NOT NULL,
  data TEXT NOT NULL
);

CREATE VIEW event_log AS
  SELECT tenant.name AS tenant, event.seq & 0xFFFFFFFFFF AS sequence,
         event.at AS at, event.type AS type, event.data AS data
    FROM event JOIN tenant ON tenant.number = event.seq >> 40;

-- Requests as they came in. row = milliseconds since 1970 * 2^15 + a count, so that the
-- time in an id finds its row, and the oldest are deleted from the front.
CREATE TABLE journal (
  row         INTEGER PRIMARY KEY,
  id          TEXT NOT NULL,
  tenant      INTEGER,
  carrier     TEXT NOT NULL,
  connection  TEXT,
  outcome     TEXT NOT NULL,
  reasons     TEXT NOT NULL,
  received_at INTEGER NOT NULL,
  head        TEXT NOT NULL,
  body        BLOB NOT NULL,
  unpacked    INTEGER           -- length of the body before LZ4; NULL if it is not packed
);
