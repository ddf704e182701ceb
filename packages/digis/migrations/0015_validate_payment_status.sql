ALTER TABLE payments VALIDATE CONSTRAINT chk_payments_status;
