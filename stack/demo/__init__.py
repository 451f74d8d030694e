"""The whole story in three minutes, two services fail; imported by the stack alone."""
