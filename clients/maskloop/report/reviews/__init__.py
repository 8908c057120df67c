"""What people made of the proposals that they were helped by: counted, worded and drawn."""
