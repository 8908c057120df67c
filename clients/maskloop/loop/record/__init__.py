"""What an arm has decided and bought so far, as far as its loop has come."""
