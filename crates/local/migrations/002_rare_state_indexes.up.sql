-- What people look for is rare: these indexes hold a small part of their tables, and cost
-- the common path nothing.
CREATE INDEX message_rare ON message (tenant, status, id)
  WHERE status IN ('failed', 'expired', 'canceled', 'scheduled');
CREATE INDEX journal_set_aside ON journal (tenant, row)
  WHERE outcome IN ('quarantine', 'unroutable', 'reject');
