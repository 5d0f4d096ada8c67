DROP INDEX journal_set_aside;
DROP INDEX message_rare;
