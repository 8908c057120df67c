"""The use cases, one method a verb: values in, values out, the errors of `maskloop.errors` raised. No gRPC here."""
