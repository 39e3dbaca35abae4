<?php
/**
 * The operations: what eveobs may have done, whichever way it calls.
 *
 * @package eveobs
 */

namespace Eveobs;

defined( 'ABSPATH' ) || exit;

/** The operations by name: the function, and the capability that it needs at least. */
function operations(): array {
	return array(
		'site'   => array( 'GET', __NAMESPACE__ . '\op_site', 'read' ),
		'index'  => array( 'GET', __NAMESPACE__ . '\op_index', 'edit_posts' ),
		'lookup' => array( 'POST', __NAMESPACE__ . '\op_lookup', 'edit_posts' ),
		'upsert' => array( 'POST', __NAMESPACE__ . '\op_upsert', 'edit_posts' ),
		'verify' => array( 'POST', __NAMESPACE__ . '\op_verify', 'edit_posts' ),
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

/** What the site is, and what the user may do; of the machine only to who could write to it. */
function op_site( array $given ) {
	global $wpdb;
	$user  = wp_get_current_user();
	$about = array(
		'plugin'      => VERSION,
		'protocol'    => PROTOCOL,
		'declaration' => DECLARED,
		'kinds'       => array_keys( kinds() ),
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
	);
	if ( current_user_can( 'publish_posts' ) ) {
		$lacks  = array_keys( array_filter( array( 'table' => ! has_table(), 'rules' => ! has_rules() ) ) );
		$about += array(
			'wordpress' => get_bloginfo( 'version' ),
			'php'       => PHP_VERSION,
			'lacks'     => $lacks,
			'atomic'    => is_atomic(),
			'documents' => in_array( 'table', $lacks, true ) ? 0 : (int) $wpdb->get_var( 'SELECT COUNT(*) FROM ' . table() . ' WHERE post_id > 0' ), // phpcs:ignore WordPress.DB.PreparedSQL -- the name of the table is ours.
		);
	}
	return $about;
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
	$after = explode( '/', (string) ( $given['after'] ?? '' ), 2 );
	$size  = max( $limit, MOST_KEYS );
	$known = array();
	do { // Until there is one that the user may know: the cursor, too, names no other.
		$where = 2 === count( $after ) ? $wpdb->prepare( '(d.kind > %s OR (d.kind = %s AND d.external_id > %s))', $after[0], $after[0], $after[1] ) : '1 = 1';
		// phpcs:ignore WordPress.DB.PreparedSQL -- prepared above.
		$rows = (array) $wpdb->get_results( 'SELECT d.*, p.post_status, p.post_password FROM ' . table() . " d LEFT JOIN $wpdb->posts p ON p.ID = d.post_id WHERE d.kind IN ($kinds) AND $where ORDER BY d.kind, d.external_id LIMIT $size" );
		$more = count( $rows ) === $size;
		$last = end( $rows );
		prime_rows( $rows );
		$known = array_values( array_filter( $rows, static fn( $row ) => is_there( $row ) && may_know( $row ) ) );
		$after = $last ? array( $last->kind, $last->external_id ) : $after;
	} while ( $more && ! $known );
	$more  = $more || count( $known ) > $limit;
	$known = array_slice( $known, 0, $limit );
	$last  = end( $known );
	return array(
		'rows' => array_map( __NAMESPACE__ . '\told', $known ),
		'next' => $more && $last ? $last->kind . '/' . $last->external_id : null,
	);
}

/** Whether a row has its post, or stands for one that a person removed. */
function is_there( $row ): bool {
	return null !== $row->post_status || 0 === (int) $row->post_id;
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
	$rows = array_filter( rows_of( $keys ), __NAMESPACE__ . '\is_there' );
	$left = array_filter( $keys, static fn( $key ) => ! isset( $rows[ $key[0] . '/' . $key[1] ] ) );
	prime_rows( $rows );
	$found = array_values( array_map( __NAMESPACE__ . '\told', array_filter( $rows, __NAMESPACE__ . '\may_know' ) ) );
	foreach ( strays( array_map( static fn( $key ) => array( $key[0], $key[1], slug( $key[0], $key[1] ) ), $left ) ) as $name => $post ) {
		$says = marker( $post->post_content );
		if ( 'post' !== $post->post_type && $says && "$says[0]/$says[1]" === $name && is_trusted( $post ) && may_know( $post ) ) {
			// Without its hash: whether it was written whole, only writing it again makes sure.
			$found[] = array( $says[0], $says[1], (string) $post->ID, '', '', 'trash' === $post->post_status ? 'trashed' : 'shown' );
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
	$posts = (array) $wpdb->get_results( "SELECT ID, ID AS post_id, post_name, post_type, post_status, post_password, post_author, post_title, post_content FROM $wpdb->posts WHERE post_name IN ($slugs) AND post_type IN ($types) ORDER BY post_type = 'post', ID" );
	$found = array();
	foreach ( $posts as $post ) {
		$name = $names[ $post->post_name ] ?? '';
		if ( '' === $name || ( 'trash' === $post->post_status && ! is_trusted( $post ) ) ) {
			continue; // In the trash it keeps no slug from anybody.
		}
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
	$wrong = wrong_documents( $given );
	if ( $wrong ) {
		return $wrong;
	}
	$batch   = new Batch();
	$results = $batch->upsert( $given['documents'] );
	return is_wp_error( $results ) ? $results : array( 'results' => $results );
}

/** The error for documents that are not as they should be, or null. */
function wrong_documents( array $given ) {
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
	return null;
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
	$batch   = new Batch();
	$results = $batch->trash( $keys );
	return is_wp_error( $results ) ? $results : array( 'results' => $results );
}
