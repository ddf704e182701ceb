/** Names of columns that hold money, as a regular expression of PostgreSQL. */
export const MONEY_NAME =
  '(^|_)(amount|price|balance|cost|fee|total|subtotal|earning|payout|salary|revenue|tip|cents|debit|credit)s?(_|$)'

/** Names of tables that are records of money or of what was done: nothing in them may vanish or change. */
export const RECORD_NAME =
  '(^|_)(payment|ledger|ledger_entr(y|ie)|journal|transaction|invoice|payout|earning|withdrawal|purchase|refund|charge|transfer|tip|order|entr(y|ie)|audit|audit_log)(s|es)?(_|$)'

/** Names of tables whose rows are appended and never changed. */
export const APPEND_ONLY_NAME = '(^|_)(ledger|journal|audit)(s|_|$)'
