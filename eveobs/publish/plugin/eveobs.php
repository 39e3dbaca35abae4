<?php
/**
 * Plugin Name:       eveobs
 * Description:       Holds what eveobs publishes of EVE Online: contracts, blueprints, characters and corporations as post types, with an index that takes them in bulk, a block and a shortcode to list them.
 * Version:           0.1.0
 * Requires at least: 6.1
 * Requires PHP:      7.4
 * License:           MIT
 *
 * `eveobs publish plugin` prints it as one file, with the kinds of document that its user has templates
 * for; that file is a plugin, or a must-use plugin. EVE Online and its data belong to CCP hf.
 *
 * @package eveobs
 */

namespace Eveobs;

defined( 'ABSPATH' ) || exit;

const VERSION  = '0.1.0';
const PROTOCOL = 1;

// declaration: begin
const DECLARED    = '420317287966c027';
const DECLARATION = <<<'JSON'
{
 "kinds": {
  "contract": {
   "singular": "Contract",
   "plural": "Contracts",
   "meta": [
    "contract_id",
    "type",
    "price",
    "reward",
    "collateral",
    "buyout",
    "volume",
    "issuer",
    "location",
    "ends"
   ],
   "terms": [
    "region",
    "category",
    "status"
   ]
  },
  "blueprint": {
   "singular": "Blueprint",
   "plural": "Blueprints",
   "meta": [
    "item_id",
    "type_id",
    "type",
    "copy",
    "me",
    "te",
    "runs",
    "owner"
   ],
   "terms": [
    "region",
    "category",
    "status"
   ]
  },
  "character": {
   "singular": "Character",
   "plural": "Characters",
   "meta": [
    "character_id",
    "corporation",
    "alliance",
    "security"
   ],
   "terms": [
    "category",
    "status"
   ]
  },
  "corporation": {
   "singular": "Corporation",
   "plural": "Corporations",
   "meta": [
    "corporation_id",
    "ticker",
    "alliance",
    "ceo",
    "members",
    "tax"
   ],
   "terms": [
    "status"
   ]
  },
  "market": {
   "singular": "Market",
   "plural": "Markets",
   "meta": [
    "region_id",
    "contracts",
    "types"
   ],
   "terms": [
    "region"
   ]
  },
  "type": {
   "singular": "Type",
   "plural": "Types",
   "meta": [
    "type_id",
    "type",
    "price",
    "offers",
    "taken"
   ],
   "terms": [
    "region",
    "category",
    "status"
   ]
  },
  "summary": {
   "singular": "Summary",
   "plural": "Summaries",
   "meta": [
    "of",
    "count",
    "price"
   ],
   "terms": []
  }
 }
}
JSON;
// declaration: end

const MOST_ROWS      = 5000;
const MOST_KEYS      = 500;
const MOST_DOCUMENTS = 200;
const STATE          = 'eveobs_state';
const PLUGIN         = __FILE__;
const FIELDS         = array( 'title', 'html', 'excerpt', 'date', 'slug', 'meta', 'terms', 'image' );

// parts: begin
require __DIR__ . '/parts/kinds.php';
require __DIR__ . '/parts/index.php';
require __DIR__ . '/parts/operations.php';
require __DIR__ . '/parts/guard.php';
require __DIR__ . '/parts/batch.php';
require __DIR__ . '/parts/verify.php';
require __DIR__ . '/parts/api.php';
require __DIR__ . '/parts/appearance.php';
require __DIR__ . '/parts/listing.php';
require __DIR__ . '/parts/lifecycle.php';
// parts: end

add_action( 'init', __NAMESPACE__ . '\register' );
add_action( 'init', __NAMESPACE__ . '\block' );
add_action( 'init', __NAMESPACE__ . '\install', 99 );
add_action( 'rest_api_init', __NAMESPACE__ . '\routes' );
add_filter( 'xmlrpc_methods', __NAMESPACE__ . '\methods' );
add_filter( 'authenticate', __NAMESPACE__ . '\authenticate', 10, 3 );
add_action( 'admin_init', __NAMESPACE__ . '\settings' );
add_action( 'deleted_post', __NAMESPACE__ . '\forget', 10, 2 );
add_action( 'trashed_post', __NAMESPACE__ . '\trashed' );
add_filter( 'has_post_thumbnail', __NAMESPACE__ . '\has_thumbnail', 10, 2 );
add_filter( 'post_thumbnail_html', __NAMESPACE__ . '\thumbnail', 10, 5 );
add_filter( 'the_content', __NAMESPACE__ . '\summary' );
add_action( 'wp_enqueue_scripts', __NAMESPACE__ . '\style' );
add_filter( 'block_bindings_source_value', __NAMESPACE__ . '\bound_value', 10, 3 );
foreach ( types() as $eveobs_type ) {
	add_filter( "rest_prepare_$eveobs_type", __NAMESPACE__ . '\guarded_response', 10, 3 );
}
add_filter( 'wpmu_drop_tables', __NAMESPACE__ . '\tables_of_site', 10, 2 );
add_shortcode( 'eveobs', __NAMESPACE__ . '\shortcode' );
register_activation_hook( __FILE__, __NAMESPACE__ . '\activate' );
register_deactivation_hook( __FILE__, __NAMESPACE__ . '\deactivate' );
