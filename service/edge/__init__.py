"""The gRPC edge: servicers of three lines (decode, call, encode) over the desks, and what every call goes through."""
