"""A WordPress site as a target, over REST or XML-RPC, with the companion plugin or without.

    discovery ──► companion (with the plugin) ──► rest, xmlrpc ──► line ──► the site
              └─► posts (without it) ──► rest_posts, xmlrpc_posts ─┘

What a real WordPress does, and says when it fails, was measured on versions 6.1 and 7.1.
"""
