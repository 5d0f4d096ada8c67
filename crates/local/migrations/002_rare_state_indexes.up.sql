-- What people look for is rare: these indexes hold a small part of their tables, and cost
-- the common path nothing.
CREATE INDEX message_rare ON message (tenant, status, id)
  -- OR, not IN: SQLite sees that status = 'failed' implies this, and not that.
  WHERE status = 'failed' OR status = 'expired' OR status = 'canceled' OR status = 'scheduled';
CREATE INDEX journal_set_aside ON journal (tenant, row)
  WHERE outcome IN ('quarantine', 'unroutable', 'reject');
