"""The floor for changes: what an operation is, does, touches and costs, said once for every stage and screen."""
