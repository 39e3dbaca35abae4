<?php
/**
 * Plugin Name:       eveobs
 * Description:       Holds what eveobs publishes of EVE Online: contracts, blueprints, characters and corporations as post types, with an index that takes them in bulk, a block and a shortcode to list them.
 * Version:           0.1.0
 * Requires at least: 6.1
 * Requires PHP:      7.4
 * License:           MIT
 *
 * One file, as a plugin or as a must-use plugin. `eveobs publish plugin` prints it with the kinds of
 * document that its user has templates for. EVE Online and its data belong to CCP hf.
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
const FIELDS         = array( 'title', 'html', 'excerpt', 'date', 'slug', 'meta', 'terms', 'image' );

/* ---------------------------------------------------------------- what is declared */

/** The kinds of document by name: singular, plural, meta and terms of each. */
function kinds(): array {
	static $kinds = null;
	if ( null === $kinds ) {
		$kinds = json_decode( DECLARATION, true )['kinds'];
	}
	return $kinds;
}

/** The post types, by kind. */
function types(): array {
	$names = array_keys( kinds() );
	return array_combine( $names, array_map( static fn( $kind ) => 'eve_' . $kind, $names ) );
}

/** The terms of all kinds: the taxonomies without their prefix, each with its kinds' post types. */
function taxonomies(): array {
	$found = array();
	foreach ( kinds() as $name => $kind ) {
		foreach ( $kind['terms'] as $term ) {
			$found[ $term ][] = 'eve_' . $name;
		}
	}
	return $found;
}

/** Registers post types, their meta and their taxonomies. */
function register() {
	foreach ( kinds() as $name => $kind ) {
		register_kind( $name, $kind );
	}
	foreach ( taxonomies() as $term => $types ) {
		register_taxonomy(
			'eve_' . $term,
			$types,
			array(
				'label'             => 'EVE ' . $term,
				'public'            => true,
				'show_in_rest'      => true,
				'show_admin_column' => true,
				'rewrite'           => array( 'slug' => 'eve/' . $term ),
				'capabilities'      => array(
					'manage_terms' => 'manage_categories',
					'edit_terms'   => 'manage_categories',
					'delete_terms' => 'manage_categories',
					'assign_terms' => 'edit_posts',
				),
			)
		);
	}
}

/** Registers one kind. */
function register_kind( string $name, array $kind ) {
	$type = 'eve_' . $name;
	register_post_type(
		$type,
		array(
			'labels'       => array(
				'name'          => 'EVE ' . strtolower( $kind['plural'] ),
				'singular_name' => $kind['singular'],
				'menu_name'     => 'EVE ' . strtolower( $kind['plural'] ),
			),
			'public'       => true,
			'show_in_rest' => true,
			'menu_icon'    => 'dashicons-star-filled',
			'has_archive'  => 'eve/' . sanitize_title( $kind['plural'] ),
			'rewrite'      => array( 'slug' => 'eve/' . $name ),
			'supports'     => array( 'title', 'editor', 'excerpt', 'thumbnail', 'custom-fields', 'author' ),
			'map_meta_cap' => true,
		)
	);
	foreach ( array_merge( $kind['meta'], array( 'image' ) ) as $meta ) {
		register_post_meta(
			$type,
			'eve_' . $meta,
			array(
				'type'              => 'string',
				'single'            => true,
				'show_in_rest'      => true,
				'sanitize_callback' => 'image' === $meta ? 'sanitize_url' : 'sanitize_text_field',
				'auth_callback'     => static fn( $allowed, $key, $id ) => current_user_can( 'edit_post', $id ),
			)
		);
	}
}

/** Makes table and rewrite rules, if they are not those of this version: nobody need activate. */
function install() {
	$state = VERSION . ' ' . DECLARED . ' ' . get_option( 'permalink_structure' );
	if ( get_option( STATE ) === $state ) {
		return;
	}
	require_once ABSPATH . 'wp-admin/includes/upgrade.php';
	global $wpdb;
	dbDelta(
		'CREATE TABLE ' . table() . " (
kind varchar(16) NOT NULL,
external_id varchar(64) NOT NULL,
post_id bigint(20) unsigned NOT NULL,
hash char(32) NOT NULL,
digests varchar(128) NOT NULL,
PRIMARY KEY  (kind,external_id),
KEY post_id (post_id)
) {$wpdb->get_charset_collate()};"
	);
	flush_rewrite_rules( false );
	if ( ! $wpdb->get_var( 'SELECT COUNT(*) FROM ' . table() ) ) {
		rebuild();
	}
	update_option( STATE, $state, true );
}

/* ---------------------------------------------------------------- the index */

/** The name of the table (kind, external id) → post, hash, digests. */
function table(): string {
	global $wpdb;
	return $wpdb->prefix . 'eveobs_documents';
}

/** What a post says of itself at the end of its content: kind, external id, hash, digests; or null. */
function marker( string $content ) {
	$pattern = '#<!-- eveobs:([a-z]{1,16})/([A-Za-z0-9_.-]{1,64}) ([0-9a-f]{32}) ([0-9a-f]{1,128}|-) -->#';
	if ( ! preg_match_all( $pattern, $content, $found, PREG_SET_ORDER ) ) {
		return null;
	}
	$last = end( $found );
	return array( $last[1], $last[2], $last[3], '-' === $last[4] ? '' : $last[4] );
}

/**
 * Fills the table from what the posts say of themselves. Of a document and a copy that a person made
 * of it, the post that bears its slug is the document.
 */
function rebuild() {
	global $wpdb;
	$after = 0;
	$exact = array();
	do {
		$types = in( array_values( types() ) );
		// phpcs:ignore WordPress.DB.PreparedSQL -- `in` prepares.
		$posts = $wpdb->get_results( $wpdb->prepare( "SELECT ID, post_name, post_type, post_status, post_content FROM $wpdb->posts WHERE post_type IN ($types) AND ID > %d ORDER BY ID LIMIT 200", $after ) );
		$rows  = array();
		foreach ( $posts as $post ) {
			$after = (int) $post->ID;
			$found = marker( $post->post_content );
			$named = $found && slug( $found[0], $found[1] ) === str_replace( '__trashed', '', $post->post_name );
			if ( $found && 'eve_' . $found[0] === $post->post_type && ( $named || ! isset( $exact[ "$found[0]/$found[1]" ] ) ) ) {
				$exact  += $named ? array( "$found[0]/$found[1]" => true ) : array();
				$trashed = 'trash' === $post->post_status;
				$rows[]  = array( $found[0], $found[1], $post->ID, $trashed ? '' : $found[2], $trashed ? '' : $found[3] );
			}
		}
		put_rows( $rows );
	} while ( $posts );
}

/** A prepared list for IN (…). */
function in( array $texts ): string {
	global $wpdb;
	return $texts ? implode( ',', array_map( static fn( $text ) => $wpdb->prepare( '%s', $text ), $texts ) ) : "''";
}

/** Adds or replaces rows of kind, external id, post id, hash and digests. */
function put_rows( array $rows ) {
	global $wpdb;
	foreach ( array_chunk( $rows, 100 ) as $some ) {
		$values = array_map(
			static fn( $row ) => $wpdb->prepare( '(%s,%s,%d,%s,%s)', $row ),
			$some
		);
		// phpcs:ignore WordPress.DB.PreparedSQL -- prepared above.
		$wpdb->query( 'REPLACE INTO ' . table() . ' (kind, external_id, post_id, hash, digests) VALUES ' . implode( ',', $values ) );
	}
}

/** The rows of keys, by "kind/external id", with the status of their posts (null: gone for good). */
function rows_of( array $keys ): array {
	global $wpdb;
	$by_kind = array();
	foreach ( $keys as $key ) {
		$by_kind[ $key[0] ][] = $key[1];
	}
	$found = array();
	foreach ( $by_kind as $kind => $ids ) {
		$list = in( $ids );
		// phpcs:ignore WordPress.DB.PreparedSQL -- `in` prepares.
		$rows = $wpdb->get_results( $wpdb->prepare( 'SELECT d.*, p.post_status FROM ' . table() . " d LEFT JOIN $wpdb->posts p ON p.ID = d.post_id WHERE d.kind = %s AND d.external_id IN ($list)", $kind ) );
		foreach ( $rows as $row ) {
			$found[ $row->kind . '/' . $row->external_id ] = $row;
		}
	}
	return $found;
}

/** A row as the operations give it. */
function told( $row ): array {
	$state = 'trash' === $row->post_status ? 'trashed' : 'shown';
	return array( $row->kind, $row->external_id, (string) $row->post_id, $row->hash, $row->digests, $state );
}

/** Forgets a post that is deleted for good. */
function forget( $post_id ) {
	global $wpdb;
	if ( in_array( get_post_type( $post_id ), types(), true ) || did_action( 'deleted_post' ) ) {
		$wpdb->delete( table(), array( 'post_id' => $post_id ), array( '%d' ) );
	}
}

/** Remembers that a person put a post into the trash: it is to stay there. */
function trashed( $post_id ) {
	global $wpdb;
	if ( ! Batch::$trashing && in_array( get_post_type( $post_id ), types(), true ) ) {
		$wpdb->update( table(), array( 'hash' => '', 'digests' => '' ), array( 'post_id' => $post_id ) );
	}
}

/* ---------------------------------------------------------------- the operations */

/** The operations by name: the function, and the capability that it needs at least. */
function operations(): array {
	return array(
		'site'   => array( 'GET', __NAMESPACE__ . '\op_site', 'read' ),
		'index'  => array( 'GET', __NAMESPACE__ . '\op_index', 'edit_posts' ),
		'lookup' => array( 'POST', __NAMESPACE__ . '\op_lookup', 'edit_posts' ),
		'upsert' => array( 'POST', __NAMESPACE__ . '\op_upsert', 'edit_posts' ),
		'trash'  => array( 'POST', __NAMESPACE__ . '\op_trash', 'edit_posts' ),
	);
}

/** An error of an operation. */
function failure( string $code, string $message, int $status ): \WP_Error {
	return new \WP_Error( 'eveobs_' . $code, $message, array( 'status' => $status ) );
}

/** Whether the user may ask for an operation: true, or the error. */
function may( string $capability ) {
	if ( ! is_user_logged_in() ) {
		return failure( 'not_signed_in', 'Sign in with an application password.', 401 );
	}
	return current_user_can( $capability ) ? true : failure( 'not_allowed', "The user may not: $capability is missing.", 403 );
}

/** What the site is, and what the user may do. */
function op_site( array $given ) {
	global $wpdb;
	$user = wp_get_current_user();
	return array(
		'plugin'      => VERSION,
		'protocol'    => PROTOCOL,
		'declaration' => DECLARED,
		'kinds'       => array_keys( kinds() ),
		'wordpress'   => get_bloginfo( 'version' ),
		'php'         => PHP_VERSION,
		'home'        => home_url( '/' ),
		'name'        => get_bloginfo( 'name' ),
		'time'        => gmdate( 'Y-m-d\TH:i:s\Z' ),
		'permalinks'  => (string) get_option( 'permalink_structure' ),
		'user'        => array(
			'login' => $user->user_login,
			'roles' => array_values( $user->roles ),
		),
		'may'         => array(
			'publish'     => current_user_can( 'publish_posts' ),
			'edit_others' => current_user_can( 'edit_others_posts' ),
			'upload'      => current_user_can( 'upload_files' ),
		),
		'batch'       => batch_size(),
		'post_max'    => wp_convert_hr_to_bytes( (string) ini_get( 'post_max_size' ) ),
		'documents'   => (int) $wpdb->get_var( 'SELECT COUNT(*) FROM ' . table() ),
	);
}

/** How many documents suit one request: a slow host makes five a second. */
function batch_size(): int {
	$seconds = (int) ini_get( 'max_execution_time' );
	$size    = 0 === $seconds ? 100 : max( 10, min( 100, 5 * $seconds ) );
	return max( 1, min( MOST_DOCUMENTS, (int) apply_filters( 'eveobs_batch', $size ) ) );
}

/** The rows of kinds, in the order of their keys. */
function op_index( array $given ) {
	global $wpdb;
	$limit = min( MOST_ROWS, max( 1, (int) ( $given['limit'] ?? MOST_ROWS ) ) );
	$kinds = in( array_intersect( explode( ',', (string) ( $given['kinds'] ?? '' ) ), array_keys( kinds() ) ) );
	$where = '1 = 1';
	$after = explode( '/', (string) ( $given['after'] ?? '' ), 2 );
	if ( 2 === count( $after ) ) {
		$where = $wpdb->prepare( '(d.kind > %s OR (d.kind = %s AND d.external_id > %s))', $after[0], $after[0], $after[1] );
	}
	// phpcs:ignore WordPress.DB.PreparedSQL -- prepared above.
	$rows = $wpdb->get_results( 'SELECT d.*, p.post_status FROM ' . table() . " d JOIN $wpdb->posts p ON p.ID = d.post_id WHERE d.kind IN ($kinds) AND $where ORDER BY d.kind, d.external_id LIMIT $limit" );
	$last = end( $rows );
	return array(
		'rows' => array_map( __NAMESPACE__ . '\told', $rows ),
		'next' => count( $rows ) === $limit ? $last->kind . '/' . $last->external_id : null,
	);
}

/** The rows of keys; posts without a row are known by what they say of themselves. */
function op_lookup( array $given ) {
	$keys = $given['keys'] ?? null;
	if ( ! is_array( $keys ) || count( $keys ) > MOST_KEYS ) {
		return failure( 'bad_request', 'keys: a list of at most ' . MOST_KEYS . ' is expected.', 400 );
	}
	foreach ( $keys as $key ) {
		if ( ! is_key( $key ) ) {
			return failure( 'bad_request', 'keys: each is a kind and an external id.', 400 );
		}
	}
	$rows = rows_of( $keys );
	foreach ( $rows as $name => $row ) {
		if ( null === $row->post_status ) {
			unset( $rows[ $name ] );
		}
	}
	$left  = array_filter( $keys, static fn( $key ) => ! isset( $rows[ $key[0] . '/' . $key[1] ] ) );
	$found = array_values( array_map( __NAMESPACE__ . '\told', $rows ) );
	foreach ( strays( array_map( static fn( $key ) => array( $key[0], $key[1], slug( $key[0], $key[1] ) ), $left ) ) as $name => $post ) {
		$says = marker( $post->post_content );
		if ( 'post' !== $post->post_type && $says && "$says[0]/$says[1]" === $name ) {
			put_rows( array( array( $says[0], $says[1], $post->ID, $says[2], $says[3] ) ) );
			$found[] = array( $says[0], $says[1], (string) $post->ID, $says[2], $says[3], 'trash' === $post->post_status ? 'trashed' : 'shown' );
		}
	}
	return array( 'rows' => $found );
}

/** Whether a value is a pair of kind and external id. */
function is_key( $key ): bool {
	return is_array( $key ) && 2 === count( $key ) && isset( $key[0], $key[1] )
		&& is_string( $key[0] ) && is_string( $key[1] )
		&& preg_match( '/^[a-z]{1,16}$/', $key[0] ) && preg_match( '/^[A-Za-z0-9_.-]{1,64}$/', $key[1] );
}

/** The slug that eveobs gives a document. */
function slug( string $kind, string $external_id ): string {
	return strtolower( "eve-$kind-$external_id" );
}

/** Posts that bear the slugs of documents (kind, external id, slug) without being in the index. */
function strays( array $documents ): array {
	global $wpdb;
	if ( ! $documents ) {
		return array();
	}
	$names = array();
	foreach ( $documents as $document ) {
		$names[ $document[2] ]                = $document[0] . '/' . $document[1];
		$names[ $document[2] . '__trashed' ] = $document[0] . '/' . $document[1];
	}
	$types = in( array_merge( array( 'post' ), array_values( types() ) ) );
	$slugs = in( array_keys( $names ) );
	// phpcs:ignore WordPress.DB.PreparedSQL -- `in` prepares.
	$posts = $wpdb->get_results( "SELECT ID, post_name, post_type, post_status, post_title, post_content FROM $wpdb->posts WHERE post_name IN ($slugs) AND post_type IN ($types) ORDER BY post_type = 'post', ID" );
	$found = array();
	foreach ( $posts as $post ) {
		$name  = $names[ $post->post_name ];
		$kind  = strtok( $name, '/' );
		$ours  = marker( $post->post_content );
		$owned = $ours && "$ours[0]/$ours[1]" === $name;
		if ( ( 'eve_' . $kind === $post->post_type || ( 'post' === $post->post_type && $owned ) ) && ! isset( $found[ $name ] ) ) {
			$found[ $name ] = $post;
		}
	}
	return $found;
}

/** Creates and updates documents, all of them or, where PHP fails, none. */
function op_upsert( array $given ) {
	$documents = $given['documents'] ?? null;
	if ( ! is_array( $documents ) || count( $documents ) > MOST_DOCUMENTS ) {
		return failure( 'bad_request', 'documents: a list of at most ' . MOST_DOCUMENTS . ' is expected.', 400 );
	}
	foreach ( $documents as $number => $document ) {
		$wrong = wrong_field( $document );
		if ( $wrong ) {
			return failure( 'bad_request', "documents[$number].$wrong is missing or wrong.", 400 );
		}
	}
	$batch   = new Batch();
	$results = $batch->upsert( $documents );
	return is_wp_error( $results ) ? $results : array( 'results' => $results );
}

/** The first field of a document that is not as it should be, or "". */
function wrong_field( $document ): string {
	if ( ! is_array( $document ) || ! is_key( array( $document['kind'] ?? null, $document['external_id'] ?? null ) ) ) {
		return 'external_id';
	}
	if ( ! isset( kinds()[ $document['kind'] ] ) ) {
		return 'kind';
	}
	foreach ( array( 'slug', 'hash', 'digests', 'title', 'content', 'excerpt', 'date', 'image' ) as $name ) {
		if ( ! is_string( $document[ $name ] ?? null ) ) {
			return $name;
		}
	}
	if ( ! preg_match( '/^[a-z0-9-]{1,190}$/', $document['slug'] ) ) {
		return 'slug';
	}
	if ( ! preg_match( '/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/', $document['date'] ) ) {
		return 'date';
	}
	foreach ( array( 'meta', 'terms' ) as $name ) {
		if ( ! is_array( $document[ $name ] ?? null ) ) {
			return $name;
		}
	}
	$fields = $document['fields'] ?? null;
	return null === $fields || ( is_array( $fields ) && ! array_diff( $fields, FIELDS ) ) ? '' : 'fields';
}

/** Puts documents into the trash; none is ever deleted for good. */
function op_trash( array $given ) {
	$keys = $given['keys'] ?? null;
	if ( ! is_array( $keys ) || count( $keys ) > MOST_KEYS || array_filter( $keys, static fn( $key ) => ! is_key( $key ) ) ) {
		return failure( 'bad_request', 'keys: a list of kinds and external ids is expected.', 400 );
	}
	$batch = new Batch();
	return array( 'results' => $batch->trash( $keys ) );
}

/** One request's work: in one transaction, and one at a time on this machine. */
final class Batch {
	/** @var bool Whether posts are put into the trash by eveobs, and not by a person. */
	public static $trashing = false;

	/** @var bool Whether a transaction is open. */
	private static $open = false;

	/** @var array Rows to be put into the index in the end. */
	private $rows = array();

	/** @var array Ids of terms by taxonomy and name. */
	private $terms = array();

	/** @var resource|false|null What keeps another batch away. */
	private $lock = null;

	/** @var string The connection that the transaction is of. */
	private $connection = '';

	/** What became of each of `$documents`, or the error where nobody can say. */
	public function upsert( array $documents ) {
		$this->begin();
		$keys  = array_map( static fn( $one ) => array( $one['kind'], $one['external_id'] ), $documents );
		$rows  = rows_of( $keys );
		$new   = array_filter( $documents, static fn( $one ) => ! isset( $rows[ $one['kind'] . '/' . $one['external_id'] ] ) );
		$stray = strays( array_map( static fn( $one ) => array( $one['kind'], $one['external_id'], $one['slug'] ), $new ) );
		$this->prime( $documents, $rows );
		$results = array();
		foreach ( $documents as $one ) {
			$name      = $one['kind'] . '/' . $one['external_id'];
			$result    = $this->one( $one, $rows[ $name ] ?? null, $stray[ $name ] ?? null );
			$results[] = $result;
			unset( $stray[ $name ] );
			if ( isset( $result['post_id'] ) ) {
				$rows[ $name ] = (object) array( 'post_id' => $result['post_id'], 'hash' => $one['hash'], 'post_status' => 'publish', 'digests' => $one['digests'] );
			}
		}
		if ( self::connection() !== $this->connection ) {
			// WordPress reconnects by itself: what was written before is undone, the rest is not.
			$this->release();
			return failure( 'connection_lost', 'The connection to the database was lost midway.', 500 );
		}
		put_rows( array_values( $this->rows ) );
		$this->commit();
		return $results;
	}

	/** What became of each of `$keys`. */
	public function trash( array $keys ): array {
		$this->begin();
		$rows    = rows_of( $keys );
		$results = array();
		foreach ( $keys as $key ) {
			$row       = $rows[ "$key[0]/$key[1]" ] ?? null;
			$results[] = $this->trash_one( $row );
		}
		$this->commit();
		return $results;
	}

	/** Loads what the batch is going to need in a few queries. */
	private function prime( array $documents, array $rows ) {
		$ids = array();
		foreach ( $documents as $one ) {
			$row = $rows[ $one['kind'] . '/' . $one['external_id'] ] ?? null;
			if ( $row && ( $row->hash !== $one['hash'] || 'trash' === $row->post_status ) ) {
				$ids[] = (int) $row->post_id;
			}
		}
		if ( $ids ) {
			_prime_post_caches( $ids, true, true );
		}
	}

	/** Creates, updates or leaves one document. */
	private function one( array $one, $row, $stray ): array {
		if ( $row ) {
			return $this->known( $one, $row );
		}
		if ( ! $stray ) {
			return $this->create( $one );
		}
		$says = marker( $stray->post_content );
		if ( ! $says || $says[0] !== $one['kind'] || $says[1] !== $one['external_id'] ) {
			return self::refused( 'slug_taken', 'the slug ' . $one['slug'] . ' belongs to "' . wp_strip_all_tags( $stray->post_title ) . '" (post ' . $stray->ID . ')' );
		}
		return $this->adopt( $one, $stray );
	}

	/** A document that the index knows. */
	private function known( array $one, $row ): array {
		global $wpdb;
		$id = (int) $row->post_id;
		if ( null === $row->post_status ) {
			$wpdb->delete( table(), array( 'kind' => $one['kind'], 'external_id' => $one['external_id'] ) );
			return array( 'outcome' => 'missing' );
		}
		$restore = ! empty( $one['restore'] );
		if ( 'trash' === $row->post_status && ! $restore ) {
			return self::refused( 'in_trash', "post $id lies in the trash" );
		}
		if ( 'trash' !== $row->post_status && $row->hash === $one['hash'] ) {
			return array( 'outcome' => 'unchanged', 'post_id' => (string) $id );
		}
		if ( ! current_user_can( 'edit_post', $id ) ) {
			return self::refused( 'not_allowed', "the user may not edit post $id" );
		}
		if ( 'trash' === $row->post_status ) {
			wp_untrash_post( $id );
			wp_update_post( array( 'ID' => $id, 'post_status' => 'publish', 'post_name' => $one['slug'] ) );
		}
		return $this->update( $one, $id, $one['fields'] ?? FIELDS );
	}

	/** A post that says it is this document, and is not in the index: also one of before the plugin. */
	private function adopt( array $one, $post ): array {
		$id = (int) $post->ID;
		if ( ! current_user_can( 'edit_post', $id ) ) {
			return self::refused( 'not_allowed', "the user may not edit post $id" );
		}
		if ( 'trash' === $post->post_status && empty( $one['restore'] ) ) {
			return self::refused( 'in_trash', "post $id lies in the trash" );
		}
		if ( 'post' === $post->post_type ) {
			wp_remove_object_terms( $id, 'eve-' . $one['kind'], 'category' );
			set_post_type( $id, 'eve_' . $one['kind'] );
		}
		if ( 'trash' === $post->post_status ) {
			wp_untrash_post( $id );
			wp_update_post( array( 'ID' => $id, 'post_status' => 'publish' ) );
		}
		return $this->update( $one, $id, FIELDS );
	}

	/** Creates the post of a document. */
	private function create( array $one ): array {
		$type = get_post_type_object( 'eve_' . $one['kind'] );
		if ( ! current_user_can( $type->cap->publish_posts ) ) {
			return self::refused( 'not_allowed', 'the user may not publish' );
		}
		$post = $this->post( $one, FIELDS ) + array(
			'post_type'      => $type->name,
			'post_status'    => 'publish',
			'post_author'    => get_current_user_id(),
			'comment_status' => 'closed',
			'ping_status'    => 'closed',
		);
		$id   = wp_insert_post( wp_slash( $post ), true );
		if ( is_wp_error( $id ) ) {
			return self::refused( 'not_stored', $id->get_error_message() );
		}
		if ( get_post( $id )->post_name !== $one['slug'] ) {
			wp_delete_post( $id, true );
			return self::refused( 'slug_taken', 'the slug ' . $one['slug'] . ' belongs to another post' );
		}
		$this->hang( $one, $id, FIELDS );
		return $this->done( 'created', $one, $id );
	}

	/** Changes `$fields` of a post, and nothing else of it. */
	private function update( array $one, int $id, array $fields ): array {
		if ( $fields ) {
			$saved = wp_update_post( wp_slash( array( 'ID' => $id ) + $this->post( $one, $fields ) ), true );
			if ( is_wp_error( $saved ) ) {
				return self::refused( 'not_stored', $saved->get_error_message() );
			}
			$this->hang( $one, $id, $fields );
		}
		return $this->done( 'updated', $one, $id );
	}

	/** The fields of a document as those of a post, unslashed. */
	private function post( array $one, array $fields ): array {
		$moment = min( strtotime( $one['date'] ), time() );
		$date   = gmdate( 'Y-m-d H:i:s', $moment );
		$all    = array(
			'title'   => array( 'post_title' => $one['title'] ),
			'html'    => array( 'post_content' => $one['content'] ),
			'excerpt' => array( 'post_excerpt' => $one['excerpt'] ),
			'slug'    => array( 'post_name' => $one['slug'] ),
			'date'    => array(
				'post_date'     => get_date_from_gmt( $date ),
				'post_date_gmt' => $date,
				'edit_date'     => true,
			),
		);
		return array_merge( ...array_values( array_intersect_key( $all, array_flip( $fields ) ) + array( 'none' => array() ) ) );
	}

	/** Sets meta, picture and terms of a post. */
	private function hang( array $one, int $id, array $fields ) {
		$meta = in_array( 'meta', $fields, true ) ? array_intersect_key( $one['meta'], array_flip( kinds()[ $one['kind'] ]['meta'] ) ) : array();
		if ( in_array( 'image', $fields, true ) ) {
			$meta['image'] = $one['image'];
			if ( ! empty( $one['thumbnail'] ) ) {
				set_post_thumbnail( $id, (int) $one['thumbnail'] );
			}
		}
		foreach ( $meta as $name => $text ) {
			if ( '' === (string) $text ) {
				metadata_exists( 'post', $id, "eve_$name" ) && delete_post_meta( $id, "eve_$name" );
			} else {
				update_post_meta( $id, "eve_$name", wp_slash( (string) $text ) );
			}
		}
		if ( in_array( 'terms', $fields, true ) ) {
			foreach ( kinds()[ $one['kind'] ]['terms'] as $term ) {
				$this->set_terms( $id, "eve_$term", (array) ( $one['terms'][ $term ] ?? array() ) );
			}
		}
	}

	/** Gives a post the terms `$names` of a taxonomy of ours, if it has not got them. */
	private function set_terms( int $id, string $taxonomy, array $names ) {
		$wanted = array_map( fn( $name ) => $this->term( $taxonomy, (string) $name ), $names );
		$terms  = get_the_terms( $id, $taxonomy );
		$there  = $terms && ! is_wp_error( $terms ) ? wp_list_pluck( $terms, 'term_id' ) : array();
		sort( $wanted );
		sort( $there );
		if ( array_filter( $wanted ) !== $there ) {
			wp_set_object_terms( $id, array_filter( $wanted ), $taxonomy );
		}
	}

	/** The id of a term, which is made if it is not there. */
	private function term( string $taxonomy, string $name ): int {
		if ( ! isset( $this->terms[ $taxonomy ][ $name ] ) ) {
			$found = get_term_by( 'name', $name, $taxonomy );
			$made  = $found ? array( 'term_id' => $found->term_id ) : wp_insert_term( wp_slash( $name ), $taxonomy );
			$this->terms[ $taxonomy ][ $name ] = is_wp_error( $made ) ? (int) $made->get_error_data( 'term_exists' ) : (int) $made['term_id'];
		}
		return $this->terms[ $taxonomy ][ $name ];
	}

	/** Puts one post into the trash. */
	private function trash_one( $row ): array {
		if ( ! $row || null === $row->post_status ) {
			return array( 'outcome' => 'missing' );
		}
		$id = (int) $row->post_id;
		if ( 'trash' === $row->post_status ) {
			return array( 'outcome' => 'updated', 'post_id' => (string) $id );
		}
		if ( ! EMPTY_TRASH_DAYS ) {
			return self::refused( 'no_trash', 'the site has no trash (EMPTY_TRASH_DAYS is 0): remove the post there' );
		}
		if ( ! current_user_can( 'delete_post', $id ) ) {
			return self::refused( 'not_allowed', "the user may not delete post $id" );
		}
		self::$trashing = true;
		$done           = wp_trash_post( $id );
		self::$trashing = false;
		return $done ? array( 'outcome' => 'updated', 'post_id' => (string) $id ) : self::refused( 'not_stored', "post $id stays" );
	}

	/** Notes what the index is to say of a document. */
	private function done( string $outcome, array $one, int $id ): array {
		$this->rows[ $one['kind'] . '/' . $one['external_id'] ] = array( $one['kind'], $one['external_id'], $id, $one['hash'], $one['digests'] );
		return array( 'outcome' => $outcome, 'post_id' => (string) $id );
	}

	/** A no that concerns one document. */
	private static function refused( string $code, string $message ): array {
		return array(
			'outcome' => 'refused',
			'error'   => array(
				'code'    => $code,
				'message' => $message,
			),
		);
	}

	/** Waits for another batch, and opens a transaction. */
	private function begin() {
		global $wpdb;
		$this->lock = fopen( get_temp_dir() . 'eveobs-' . md5( DB_NAME . table() . ABSPATH ) . '.lock', 'c' );
		if ( $this->lock ) {
			flock( $this->lock, LOCK_EX );
		}
		remove_action( 'post_updated', 'wp_save_post_revision' );
		wp_defer_term_counting( true );
		register_shutdown_function( array( __CLASS__, 'abandon' ) );
		$wpdb->query( 'START TRANSACTION' );
		self::$open       = true;
		$this->connection = self::connection();
	}

	/** What tells this connection to a database server from another. */
	private static function connection(): string {
		global $wpdb;
		$file = defined( 'DB_ENGINE' ) && 'sqlite' === DB_ENGINE;
		return $file ? '' : (string) $wpdb->get_var( 'SELECT CONNECTION_ID()' );
	}

	/** Keeps what was done. */
	private function commit() {
		global $wpdb;
		wp_defer_term_counting( false );
		$wpdb->query( 'COMMIT' );
		$this->release();
	}

	/** Lets another batch begin. */
	private function release() {
		self::$open = false;
		if ( $this->lock ) {
			flock( $this->lock, LOCK_UN );
		}
	}

	/** What PHP did not live to commit is undone; a cache that outlives PHP must not know it. */
	public static function abandon() {
		global $wpdb;
		if ( self::$open ) {
			$wpdb->query( 'ROLLBACK' );
			wp_cache_flush();
		}
	}
}

/* ---------------------------------------------------------------- REST and XML-RPC */

/** The operations as routes of REST. */
function routes() {
	foreach ( operations() as $name => list( $method, $run, $capability ) ) {
		register_rest_route(
			'eveobs/v1',
			"/$name",
			array(
				'methods'             => $method,
				'permission_callback' => static fn() => may( $capability ),
				'callback'            => static function ( $request ) use ( $method, $run ) {
					$given = 'GET' === $method ? $request->get_query_params() : $request->get_json_params();
					return is_array( $given ) ? $run( $given ) : failure( 'bad_request', 'A JSON object is expected.', 400 );
				},
			)
		);
	}
}

/** The operations as methods of XML-RPC: (blog id, user, password, JSON) → JSON. */
function methods( array $methods ): array {
	foreach ( operations() as $name => list( , $run, $capability ) ) {
		$methods[ "eveobs.$name" ] = array( new Call( $run, $capability ), 'answer' );
	}
	return $methods;
}

/** A method of XML-RPC; WordPress calls functions by name and methods of objects, no closures. */
final class Call {
	/** @var string */
	private $run;
	/** @var string */
	private $capability;

	/** Runs the function `$run` for users who have a capability. */
	public function __construct( string $run, string $capability ) {
		$this->run        = $run;
		$this->capability = $capability;
	}

	/** Answers one call, with JSON in ASCII: XML carries all of it. */
	public function answer( $arguments ) {
		global $wp_xmlrpc_server;
		list( , $name, $password, $text ) = array_pad( (array) $arguments, 4, '' );
		if ( ! $wp_xmlrpc_server->login( $name, $password ) ) {
			return $wp_xmlrpc_server->error;
		}
		$answer = $this->of( json_decode( (string) $text, true ) );
		if ( is_wp_error( $answer ) ) {
			$status = $answer->get_error_data()['status'];
			return new \IXR_Error( 403 === $status ? 401 : $status, $answer->get_error_message() );
		}
		return wp_json_encode( $answer );
	}

	/** The answer to decoded JSON, or the error. */
	private function of( $given ) {
		$allowed = may( $this->capability );
		if ( true !== $allowed ) {
			return $allowed;
		}
		return is_array( $given ) ? ( $this->run )( $given ) : failure( 'bad_request', 'A JSON object is expected.', 400 );
	}
}

/**
 * Tries an application password before the account's own in XML-RPC: the other way round each call
 * pays for a bcrypt that is bound to fail, some 50 ms.
 */
function authenticate( $user, $name, $password ) {
	if ( $user instanceof \WP_User || ! defined( 'XMLRPC_REQUEST' ) || ! $name || ! $password ) {
		return $user;
	}
	$found = wp_authenticate_application_password( null, $name, $password );
	return $found instanceof \WP_User ? $found : $user;
}

/* ---------------------------------------------------------------- how it looks */

/** Whether a post is one of ours. */
function is_ours( $post ): bool {
	return in_array( get_post_type( $post ), types(), true );
}

/** The address of the picture of a post, or "". */
function picture_of( $post ): string {
	$post = get_post( $post );
	return $post && is_ours( $post ) ? (string) get_post_meta( $post->ID, 'eve_image', true ) : '';
}

/** A document with a picture has a thumbnail. */
function has_thumbnail( $has, $post ) {
	return $has || '' !== picture_of( $post );
}

/** The picture as the thumbnail; on its own page a document shows it itself. */
function thumbnail( $html, $post_id, $thumbnail_id, $size, $attributes ) {
	if ( ! is_ours( $post_id ) ) {
		return $html;
	}
	if ( is_singular() && (int) get_queried_object_id() === (int) $post_id ) {
		return '';
	}
	$address = picture_of( $post_id );
	if ( '' !== $html || ! $address ) {
		return $html;
	}
	$class = trim( 'eveobs-thumbnail wp-post-image ' . ( is_array( $attributes ) ? (string) ( $attributes['class'] ?? '' ) : '' ) );
	return sprintf( '<img class="%s" src="%s" alt="%s" width="128" height="128" loading="lazy">', esc_attr( $class ), esc_url( $address, array( 'https', 'http' ) ), esc_attr( get_the_title( $post_id ) ) );
}

/** In lists a document is its summary. */
function summary( $content ) {
	$post = get_post();
	return $post && is_ours( $post ) && ! is_singular() && ! is_feed() && in_the_loop() ? '<p>' . $post->post_excerpt . '</p>' : $content;
}

/** The style, where there is something of ours to be styled. */
function style() {
	$ours = is_singular( types() ) || is_post_type_archive( types() );
	foreach ( array_keys( taxonomies() ) as $term ) {
		$ours = $ours || is_tax( "eve_$term" );
	}
	if ( $ours ) {
		print_style();
	}
}

/** Enqueues the style once. */
function print_style() {
	if ( ! wp_style_is( 'eveobs', 'registered' ) ) {
		wp_register_style( 'eveobs', false, array(), VERSION ); // phpcs:ignore
		wp_add_inline_style( 'eveobs', CSS );
	}
	wp_enqueue_style( 'eveobs' );
}

const CSS = <<<'CSS'
.eveobs{--line:color-mix(in srgb,currentColor 18%,transparent);--quiet:color-mix(in srgb,currentColor 68%,transparent);--tint:color-mix(in srgb,currentColor 6%,transparent);font-size:1rem;line-height:1.5;overflow-wrap:break-word}
.eveobs *{box-sizing:border-box}
.eveobs-head{display:flex;gap:1.2rem;align-items:center;margin:0 0 1.2rem}
.eveobs-picture{width:6rem;height:6rem;flex:none;object-fit:contain;border-radius:.6rem;background:var(--tint)}
.eveobs-lead{margin:0;color:var(--quiet);font-size:1.1rem}
.eveobs-note{border-left:4px solid #d9a400;background:color-mix(in srgb,#d9a400 14%,transparent);padding:.6rem .9rem;margin:0 0 1.2rem}
.eveobs-facts{display:grid;grid-template-columns:repeat(auto-fill,minmax(12rem,1fr));gap:1px;margin:0 0 1.5rem;background:var(--line);border:1px solid var(--line);border-radius:.6rem;overflow:hidden}
.eveobs-facts>div{padding:.6rem .9rem;background:Canvas;background:var(--wp--preset--color--base,var(--wp--preset--color--background,Canvas))}
.eveobs-facts dt{font-size:.8rem;font-weight:400;color:var(--quiet);margin:0}
.eveobs-facts dd{margin:0;font-variant-numeric:tabular-nums}
.eveobs h2{font-size:1.2rem;margin:1.8rem 0 .6rem}
.eveobs table{width:100%;border-collapse:collapse;border:1px solid var(--line);margin:0 0 1rem}
.eveobs th,.eveobs td{text-align:left;padding:.45rem .7rem;border:0;border-bottom:1px solid var(--line);vertical-align:top}
.eveobs thead th{font-size:.8rem;font-weight:500;color:var(--quiet);white-space:nowrap;background:var(--tint)}
.eveobs thead a{color:inherit}
.eveobs .number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.eveobs-list td[data-label=Date],.eveobs-list td[data-label=Region]{white-space:nowrap}
.eveobs-chart th{font-weight:400;width:12rem}
.eveobs-chart td{display:flex;gap:.6rem;align-items:center}
.eveobs-bar{display:inline-block;height:.8rem;background:#2f8fb3;border-radius:.2rem;flex-shrink:1}
.eveobs-finder{display:flex;flex-wrap:wrap;gap:.6rem;align-items:end;margin:0 0 1rem}
.eveobs-finder label{display:grid;font-size:.8rem;color:var(--quiet)}
.eveobs-finder input,.eveobs-finder select,.eveobs-finder button{font:inherit;font-size:1rem;padding:.35rem .6rem;max-width:100%}
.eveobs-pager{display:flex;gap:1rem;color:var(--quiet)}
.eveobs-thumbnail{width:128px;max-width:100%;height:auto!important;object-fit:contain}
@media(max-width:640px){
.eveobs-picture{width:4.5rem;height:4.5rem}.eveobs-chart th{width:7.5rem}
.eveobs .cards,.eveobs .cards tbody,.eveobs .cards tr{display:block}
.eveobs .cards thead{position:absolute;clip-path:inset(50%)}
.eveobs .cards tr{padding:.6rem .7rem;border-bottom:1px solid var(--line)}
.eveobs .cards td{display:flex;justify-content:space-between;gap:1rem;padding:.1rem 0;border:0;text-align:right;white-space:normal;overflow-wrap:anywhere}
.eveobs .cards td:empty{display:none}
.eveobs .cards td::before{content:attr(data-label);color:var(--quiet);text-align:left;flex:none}
}
CSS;

/* ---------------------------------------------------------------- lists: block and shortcode */

/** The attributes of a list, with their defaults. */
function list_defaults(): array {
	return array(
		'kind'     => 'contract',
		'region'   => '',
		'category' => '',
		'status'   => '',
		'search'   => '',
		'sort'     => '-date',
		'per_page' => '20',
		'columns'  => '',
		'filter'   => 'yes',
	);
}

/** `[eveobs kind="contract" …]`. */
function shortcode( $attributes ): string {
	return documents( shortcode_atts( list_defaults(), (array) $attributes, 'eveobs' ) );
}

/** The block `eveobs/documents`, with the attributes of the shortcode. */
function block() {
	wp_register_script( 'eveobs-block', false, array( 'wp-blocks', 'wp-element', 'wp-block-editor', 'wp-components', 'wp-server-side-render' ), VERSION, true ); // phpcs:ignore
	wp_add_inline_script( 'eveobs-block', 'window.eveobsKinds = ' . wp_json_encode( array_map( static fn( $kind ) => $kind['plural'], kinds() ) ) . ';' . BLOCK );
	$attributes = array();
	foreach ( list_defaults() as $name => $text ) {
		$attributes[ $name ] = array(
			'type'    => 'string',
			'default' => $text,
		);
	}
	register_block_type(
		'eveobs/documents',
		array(
			'api_version'     => 2,
			'title'           => 'EVE documents',
			'description'     => 'Contracts, blueprints, characters or corporations that eveobs published.',
			'category'        => 'widgets',
			'icon'            => 'star-filled',
			'attributes'      => $attributes,
			'editor_script'   => 'eveobs-block',
			'render_callback' => static fn( $given ) => documents( array_intersect_key( $given, list_defaults() ) + list_defaults() ),
		)
	);
}

const BLOCK = <<<'JS'
( function ( blocks, element, editor, components, Render ) {
	var el = element.createElement;
	blocks.registerBlockType( 'eveobs/documents', {
		edit: function ( props ) {
			function text( name, label ) {
				return el( components.TextControl, { key: name, label: label, value: props.attributes[ name ],
					onChange: function ( value ) { var change = {}; change[ name ] = value; props.setAttributes( change ); } } );
			}
			var kinds = Object.keys( window.eveobsKinds ).map( function ( kind ) { return { value: kind, label: window.eveobsKinds[ kind ] }; } );
			return el( 'div', editor.useBlockProps(),
				el( editor.InspectorControls, null, el( components.PanelBody, { title: 'What is listed' },
					el( components.SelectControl, { label: 'Kind', value: props.attributes.kind, options: kinds,
						onChange: function ( value ) { props.setAttributes( { kind: value } ); } } ),
					text( 'region', 'Region' ), text( 'category', 'Category' ), text( 'status', 'Status' ), text( 'search', 'Words' ),
					text( 'sort', 'Sort by (-date, title, price …)' ), text( 'per_page', 'On a page' ), text( 'columns', 'Columns' ), text( 'filter', 'Search form: yes or no' ) ) ),
				el( Render, { block: 'eveobs/documents', attributes: props.attributes } ) );
		},
		save: function () { return null; }
	} );
} )( window.wp.blocks, window.wp.element, window.wp.blockEditor, window.wp.components, window.wp.serverSideRender );
JS;

/** A list of documents as HTML. `$given` has the attributes of the shortcode. */
function documents( array $given ): string {
	static $number = 0;
	$kind = (string) $given['kind'];
	if ( ! isset( kinds()[ $kind ] ) ) {
		return current_user_can( 'edit_posts' ) ? '<p>' . esc_html( "eveobs: there is no kind \"$kind\"; there are " . implode( ', ', array_keys( kinds() ) ) . '.' ) . '</p>' : '';
	}
	$list = new Listing( $kind, $given, 0 === $number++ ? 'eveobs' : "eveobs$number" );
	print_style();
	return $list->html();
}

/** One list on a page. What a reader asks for is in the query, under a prefix of its own. */
final class Listing {
	const ISK = array( 'price', 'reward', 'collateral', 'buyout' );

	/** @var string */
	private $kind;
	/** @var array */
	private $given;
	/** @var string */
	private $prefix;

	/** A list of documents of a kind; `$prefix` is that of its parameters in the address. */
	public function __construct( string $kind, array $given, string $prefix ) {
		$this->kind   = $kind;
		$this->given  = $given;
		$this->prefix = $prefix;
	}

	/** The list with its form and pages. */
	public function html(): string {
		$query = $this->query();
		$head  = '';
		foreach ( $this->columns() as $column ) {
			$head .= $this->head( $column );
		}
		$body = '';
		foreach ( $query->posts as $post ) {
			$body .= $this->row( $post );
		}
		$table = $body ? "<table class=\"eveobs-table cards\"><thead><tr>$head</tr></thead><tbody>$body</tbody></table>" : '<p>Nothing is listed.</p>';
		return '<div class="eveobs eveobs-list" id="' . esc_attr( $this->prefix ) . '">' . $this->form() . $table . $this->pages( $query ) . '</div>';
	}

	/** What a reader asks for: a parameter of the address, or the attribute. */
	private function asked( string $name ): string {
		$text = isset( $_GET[ $this->prefix . '_' . $name ] ) && is_string( $_GET[ $this->prefix . '_' . $name ] ) ? sanitize_text_field( wp_unslash( $_GET[ $this->prefix . '_' . $name ] ) ) : ''; // phpcs:ignore WordPress.Security.NonceVerification -- reads only.
		return '' !== $text ? substr( $text, 0, 200 ) : (string) ( $this->given[ $name ] ?? '' );
	}

	/** The fields that a list may show or be sorted by. */
	private function fields(): array {
		return array_merge( array( 'title', 'date', 'excerpt', 'image' ), kinds()[ $this->kind ]['terms'], kinds()[ $this->kind ]['meta'] );
	}

	/** The columns that are shown. */
	private function columns(): array {
		$wanted = array_filter( array_map( 'trim', explode( ',', $this->given['columns'] ) ) );
		$normal = array_intersect( array( 'title', 'region', 'price', 'status', 'date' ), $this->fields() );
		return array_values( array_intersect( $wanted ? $wanted : $normal, $this->fields() ) );
	}

	/** Field and direction of the order. */
	private function order(): array {
		$sort  = $this->asked( 'sort' );
		$field = ltrim( $sort, '-' );
		return in_array( $field, $this->fields(), true ) ? array( $field, '-' === substr( $sort, 0, 1 ) ? 'DESC' : 'ASC' ) : array( 'date', 'DESC' );
	}

	/** The documents of the page. */
	private function query(): \WP_Query {
		list( $field, $way ) = $this->order();
		$wanted              = array(
			'post_type'           => 'eve_' . $this->kind,
			'post_status'         => 'publish',
			'posts_per_page'      => max( 1, min( 200, (int) $this->given['per_page'] ) ),
			'paged'               => max( 1, (int) $this->asked( 'page' ) ),
			's'                   => $this->asked( 'search' ),
			'search_columns'      => array( 'post_title', 'post_excerpt' ),
			'orderby'             => in_array( $field, array( 'title', 'date' ), true ) ? array( $field => $way, 'ID' => $way ) : array( 'ID' => $way ),
			'tax_query'           => array(), // phpcs:ignore WordPress.DB.SlowDBQuery
			'ignore_sticky_posts' => true,
		);
		foreach ( kinds()[ $this->kind ]['terms'] as $term ) {
			$name = $this->asked( $term );
			if ( '' !== $name ) {
				$wanted['tax_query'][] = array(
					'taxonomy' => "eve_$term",
					'field'    => 'name',
					'terms'    => $name,
				);
			}
		}
		$by = $this->by_meta( $field, $way );
		add_filter( 'posts_clauses', $by );
		$query = new \WP_Query( $wanted );
		remove_filter( 'posts_clauses', $by );
		return $query;
	}

	/** Sorts by a meta field, numbers as numbers, and keeps documents that have not got it. */
	private function by_meta( string $field, string $way ): callable {
		$metas = kinds()[ $this->kind ]['meta'];
		return static function ( $clauses ) use ( $field, $way, $metas ) {
			global $wpdb;
			if ( in_array( $field, $metas, true ) ) {
				$clauses['join']   .= $wpdb->prepare( " LEFT JOIN $wpdb->postmeta eveobs ON eveobs.post_id = $wpdb->posts.ID AND eveobs.meta_key = %s", "eve_$field" ); // phpcs:ignore
				$clauses['orderby'] = "(eveobs.meta_value + 0) $way, eveobs.meta_value $way, $wpdb->posts.ID $way";
			}
			return $clauses;
		};
	}

	/** The address of this page with other parameters of this list. */
	private function address( array $changes ): string {
		$named = array();
		foreach ( $changes as $name => $text ) {
			$named[ $this->prefix . '_' . $name ] = rawurlencode( (string) $text );
		}
		return esc_url( add_query_arg( $named ) . '#' . $this->prefix );
	}

	/** The head of a column: a link that sorts by it. */
	private function head( string $column ): string {
		list( $field, $way ) = $this->order();
		$label               = esc_html( ucfirst( str_replace( '_', ' ', $column ) ) );
		if ( in_array( $column, array_merge( array( 'image', 'excerpt' ), kinds()[ $this->kind ]['terms'] ), true ) ) {
			return "<th scope=\"col\">$label</th>";
		}
		$next = $field === $column && 'DESC' === $way ? $column : "-$column";
		$mark = $field === $column ? ( 'DESC' === $way ? ' ▼' : ' ▲' ) : '';
		$aria = $field === $column ? ' aria-sort="' . ( 'DESC' === $way ? 'descending' : 'ascending' ) . '"' : '';
		return sprintf( '<th scope="col"%s%s><a href="%s">%s%s</a></th>', $this->is_number( $column ) ? ' class="number"' : '', $aria, $this->address( array( 'sort' => $next, 'page' => 1 ) ), $label, $mark );
	}

	/** Whether a column is of ISK. */
	private function is_number( string $column ): bool {
		return in_array( $column, self::ISK, true );
	}

	/** A document as a row. */
	private function row( $post ): string {
		$cells = '';
		foreach ( $this->columns() as $column ) {
			$class  = $this->is_number( $column ) ? ' class="number"' : '';
			$cells .= '<td data-label="' . esc_attr( ucfirst( str_replace( '_', ' ', $column ) ) ) . "\"$class>" . $this->cell( $post, $column ) . '</td>';
		}
		return "<tr>$cells</tr>";
	}

	/** One cell, escaped. */
	private function cell( $post, string $column ): string {
		if ( 'title' === $column ) {
			return '<a href="' . esc_url( get_permalink( $post ) ) . '">' . esc_html( html_entity_decode( $post->post_title, ENT_QUOTES | ENT_HTML5, 'UTF-8' ) ) . '</a>';
		}
		if ( 'date' === $column ) {
			return esc_html( get_post_time( 'Y-m-d', true, $post ) );
		}
		if ( 'excerpt' === $column ) {
			return esc_html( html_entity_decode( $post->post_excerpt, ENT_QUOTES | ENT_HTML5, 'UTF-8' ) );
		}
		if ( 'image' === $column ) {
			return thumbnail( '', $post->ID, 0, '', array() );
		}
		if ( in_array( $column, kinds()[ $this->kind ]['terms'], true ) ) {
			$terms = get_the_terms( $post, "eve_$column" );
			return $terms && ! is_wp_error( $terms ) ? esc_html( html_entity_decode( implode( ', ', wp_list_pluck( $terms, 'name' ) ), ENT_QUOTES | ENT_HTML5, 'UTF-8' ) ) : '';
		}
		$text = (string) get_post_meta( $post->ID, "eve_$column", true );
		return esc_html( $this->is_number( $column ) && is_numeric( $text ) ? number_format( (float) $text ) . ' ISK' : $text );
	}

	/** The form to search and filter. */
	private function form(): string {
		if ( 'yes' !== $this->given['filter'] ) {
			return '';
		}
		$hidden = '';
		foreach ( $_GET as $name => $text ) { // phpcs:ignore WordPress.Security.NonceVerification -- reads only.
			if ( is_string( $text ) && 0 !== strpos( (string) $name, $this->prefix . '_' ) ) {
				$hidden .= sprintf( '<input type="hidden" name="%s" value="%s">', esc_attr( $name ), esc_attr( wp_unslash( $text ) ) );
			}
		}
		$fields = sprintf( '<label>Search <input type="search" name="%s_search" value="%s"></label>', esc_attr( $this->prefix ), esc_attr( $this->asked( 'search' ) ) );
		foreach ( array_intersect( array( 'region', 'category', 'status' ), kinds()[ $this->kind ]['terms'] ) as $term ) {
			$fields .= '' === $this->given[ $term ] ? $this->select( $term ) : '';
		}
		return '<form class="eveobs-finder" method="get" action="#' . esc_attr( $this->prefix ) . "\">$hidden$fields<button>Show</button></form>";
	}

	/** A choice of the terms of a taxonomy. */
	private function select( string $term ): string {
		$options = '<option value="">all</option>';
		$terms   = get_terms(
			array(
				'taxonomy' => "eve_$term",
				'number'   => 200,
				'orderby'  => 'name',
			)
		);
		foreach ( is_wp_error( $terms ) ? array() : $terms as $one ) {
			$name     = html_entity_decode( $one->name, ENT_QUOTES | ENT_HTML5, 'UTF-8' );
			$options .= sprintf( '<option value="%s"%s>%s</option>', esc_attr( $name ), selected( $this->asked( $term ), $name, false ), esc_html( $name ) );
		}
		return sprintf( '<label>%s <select name="%s_%s">%s</select></label>', esc_html( ucfirst( $term ) ), esc_attr( $this->prefix ), esc_attr( $term ), $options );
	}

	/** The way to other pages. */
	private function pages( \WP_Query $query ): string {
		$page  = max( 1, (int) $this->asked( 'page' ) );
		$pages = (int) $query->max_num_pages;
		if ( $pages < 2 ) {
			return '';
		}
		$back = $page > 1 ? '<a rel="prev" href="' . $this->address( array( 'page' => $page - 1 ) ) . '">Back</a>' : '';
		$next = $page < $pages ? '<a rel="next" href="' . $this->address( array( 'page' => $page + 1 ) ) . '">Next</a>' : '';
		return sprintf( '<nav class="eveobs-pager">%s <span>Page %d of %d, %s in all</span> %s</nav>', $back, min( $page, $pages ), $pages, number_format( $query->found_posts ), $next );
	}
}

/* ---------------------------------------------------------------- leaving */

/** Removes everything that came with the plugin. */
function uninstall() {
	global $wpdb;
	register();
	foreach ( types() as $type ) {
		do {
			$ids = get_posts( array( 'post_type' => $type, 'post_status' => array( 'any', 'trash', 'auto-draft' ), 'fields' => 'ids', 'numberposts' => 100 ) );
			foreach ( $ids as $id ) {
				wp_delete_post( $id, true );
			}
		} while ( $ids );
	}
	foreach ( array_keys( taxonomies() ) as $term ) {
		foreach ( get_terms( array( 'taxonomy' => "eve_$term", 'hide_empty' => false, 'fields' => 'ids' ) ) as $id ) {
			wp_delete_term( $id, "eve_$term" );
		}
	}
	$wpdb->query( 'DROP TABLE IF EXISTS ' . table() ); // phpcs:ignore
	delete_option( STATE );
	flush_rewrite_rules( false );
}

add_action( 'init', __NAMESPACE__ . '\register' );
add_action( 'init', __NAMESPACE__ . '\block' );
add_action( 'init', __NAMESPACE__ . '\install', 99 );
add_action( 'rest_api_init', __NAMESPACE__ . '\routes' );
add_filter( 'xmlrpc_methods', __NAMESPACE__ . '\methods' );
add_filter( 'authenticate', __NAMESPACE__ . '\authenticate', 10, 3 );
add_action( 'deleted_post', __NAMESPACE__ . '\forget' );
add_action( 'trashed_post', __NAMESPACE__ . '\trashed' );
add_filter( 'has_post_thumbnail', __NAMESPACE__ . '\has_thumbnail', 10, 2 );
add_filter( 'post_thumbnail_html', __NAMESPACE__ . '\thumbnail', 10, 5 );
add_filter( 'the_content', __NAMESPACE__ . '\summary' );
add_action( 'wp_enqueue_scripts', __NAMESPACE__ . '\style' );
add_shortcode( 'eveobs', __NAMESPACE__ . '\shortcode' );
register_uninstall_hook( __FILE__, __NAMESPACE__ . '\uninstall' );
