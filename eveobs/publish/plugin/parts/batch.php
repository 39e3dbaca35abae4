<?php
/**
 * Writing documents.
 *
 * @package eveobs
 */

namespace Eveobs;

defined( 'ABSPATH' ) || exit;

/** One request's work, in one transaction. */
final class Batch {
	/** @var bool Whether posts are put into the trash by eveobs, and not by a person. */
	public static $trashing = false;

	/** @var array Rows to be put into the index in the end. */
	private $rows = array();

	/** @var array Ids of terms by taxonomy and name. */
	private $terms = array();

	/** @var bool Whether what is written can be undone. */
	private $atomic = true;

	/** What became of each of `$documents`, or the error where nothing was kept. */
	public function upsert( array $documents ) {
		return Transaction::run(
			function ( Transaction $transaction ) use ( $documents ) {
				$this->atomic = $transaction->atomic;
				$results      = $this->all( $documents );
				// Last, so that no row says of a document what is not there yet.
				put_rows( array_values( $this->rows ) );
				return $results;
			}
		);
	}

	/** What became of each of `$keys`, or the error where nothing was kept. */
	public function trash( array $keys ) {
		return Transaction::run(
			function () use ( $keys ) {
				$rows = rows_of( $keys );
				prime_rows( $rows );
				$results = array();
				foreach ( $keys as $key ) {
					$results[] = $this->trash_one( $rows[ "$key[0]/$key[1]" ] ?? null );
				}
				return $results;
			}
		);
	}

	/** Creates, updates or leaves documents. */
	private function all( array $documents ): array {
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
				$rows[ $name ] = (object) array( 'post_id' => $result['post_id'], 'hash' => $one['hash'], 'post_status' => 'publish', 'post_password' => '', 'digests' => $one['digests'], 'kind' => $one['kind'], 'external_id' => $one['external_id'] );
			}
		}
		return $results;
	}

	/** Loads what the batch is going to need in a few queries. */
	private function prime( array $documents, array $rows ) {
		$ids = array();
		foreach ( $documents as $one ) {
			$row = $rows[ $one['kind'] . '/' . $one['external_id'] ] ?? null;
			if ( $row && ( $row->hash !== $one['hash'] || 'trash' === $row->post_status || ! empty( $one['force'] ) ) ) {
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
		if ( ! $says || $says[0] !== $one['kind'] || $says[1] !== $one['external_id'] || ! is_trusted( $stray ) ) {
			return $this->taken( $one, may_know( $stray ) ? 'belongs to "' . wp_strip_all_tags( $stray->post_title ) . '" (post ' . $stray->ID . ')' : '' );
		}
		return $this->adopt( $one, $stray );
	}

	/** A document that the index knows. Who may not know of it is told what everybody is told. */
	private function known( array $one, $row ): array {
		global $wpdb;
		$id = (int) $row->post_id;
		if ( ! is_there( $row ) ) {
			$wpdb->delete( table(), array( 'kind' => $one['kind'], 'external_id' => $one['external_id'] ) );
			return array( 'outcome' => 'missing' );
		}
		if ( ! may_know( $row ) ) {
			return $this->taken( $one );
		}
		if ( 0 === $id ) {
			return self::refused( 'in_trash', 'it was removed from the site by hand' );
		}
		if ( 'trash' !== $row->post_status && $row->hash === $one['hash'] && empty( $one['force'] ) ) {
			return array( 'outcome' => 'unchanged', 'post_id' => (string) $id );
		}
		if ( ! current_user_can( 'edit_post', $id ) ) {
			return self::refused( 'not_allowed', "the user may not edit post $id" );
		}
		if ( 'trash' === $row->post_status && empty( $one['restore'] ) ) {
			return self::refused( 'in_trash', "post $id lies in the trash" );
		}
		if ( 'trash' === $row->post_status && ! $this->restore( $one, $id ) ) {
			return self::refused( 'not_allowed', 'the user may not publish' );
		}
		if ( ! $this->atomic ) {
			// What is not finished has no hash: where PHP ends now, it is written again.
			put_rows( array( array( $one['kind'], $one['external_id'], $id, '', '' ) ) );
		}
		return $this->update( $one, $id, '' === $row->hash ? FIELDS : ( $one['fields'] ?? FIELDS ) );
	}

	/** A post that says it is this document, and is not in the index: also one of before the plugin. */
	private function adopt( array $one, $post ): array {
		$id = (int) $post->ID;
		if ( ! current_user_can( 'edit_post', $id ) ) {
			return may_know( $post ) ? self::refused( 'not_allowed', "the user may not edit post $id" ) : $this->taken( $one );
		}
		if ( 'trash' === $post->post_status && empty( $one['restore'] ) ) {
			return self::refused( 'in_trash', "post $id lies in the trash" );
		}
		if ( 'publish' === $post->post_status && ! $this->may_publish( $one ) ) {
			return self::refused( 'not_allowed', 'the user may not publish' );
		}
		if ( 'post' === $post->post_type ) {
			wp_remove_object_terms( $id, 'eve-' . $one['kind'], 'category' );
			set_post_type( $id, 'eve_' . $one['kind'] );
		}
		if ( 'trash' === $post->post_status && ! $this->restore( $one, $id ) ) {
			return self::refused( 'not_allowed', 'the user may not publish' );
		}
		return $this->update( $one, $id, FIELDS );
	}

	/** Takes a post out of the trash, to where it is seen. False where the user may not make it so. */
	private function restore( array $one, int $id ): bool {
		if ( ! $this->may_publish( $one ) ) {
			return false;
		}
		$shown = static fn() => 'publish';
		add_filter( 'wp_untrash_post_status', $shown, PHP_INT_MAX );
		$done = wp_untrash_post( $id );
		remove_filter( 'wp_untrash_post_status', $shown, PHP_INT_MAX );
		if ( ! $done ) {
			throw new Failed( "Post $id stays in the trash." );
		}
		return true;
	}

	/** Whether the user may make documents of a kind public. */
	private function may_publish( array $one ): bool {
		return current_user_can( get_post_type_object( 'eve_' . $one['kind'] )->cap->publish_posts );
	}

	/** A no because of another post, of which the user may know only `$words`. */
	private function taken( array $one, string $words = '' ): array {
		if ( ! $this->may_publish( $one ) ) {
			return self::refused( 'not_allowed', 'the user may not publish' );
		}
		return self::refused( 'slug_taken', 'the slug ' . $one['slug'] . ' ' . ( $words ? $words : 'belongs to another post' ) );
	}

	/** Creates the post of a document. */
	private function create( array $one ): array {
		if ( ! $this->may_publish( $one ) ) {
			return self::refused( 'not_allowed', 'the user may not publish' );
		}
		$post = $this->post( $one, FIELDS ) + array(
			'post_type'      => 'eve_' . $one['kind'],
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
			return $this->taken( $one );
		}
		$this->hang( $one, $id, FIELDS );
		return $this->done( 'created', $one, $id );
	}

	/** Changes `$fields` of a post, and nothing else of it. */
	private function update( array $one, int $id, array $fields ): array {
		if ( get_post_type( $id ) !== 'eve_' . $one['kind'] ) {
			set_post_type( $id, 'eve_' . $one['kind'] );
		}
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
			'title'   => array( 'post_title' => inert( $one['title'] ) ),
			'html'    => array( 'post_content' => $one['content'] ),
			'excerpt' => array( 'post_excerpt' => inert( $one['excerpt'] ) ),
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
			$picture       = (int) ( $one['thumbnail'] ?? 0 );
			if ( $picture && wp_attachment_is_image( $picture ) && current_user_can( 'read_post', $picture ) ) {
				set_post_thumbnail( $id, $picture );
			}
		}
		foreach ( $meta as $name => $text ) {
			$this->set_meta( $id, 'eve_' . $one['kind'], "eve_$name", (string) $text );
		}
		if ( in_array( 'terms', $fields, true ) ) {
			foreach ( kinds()[ $one['kind'] ]['terms'] as $term ) {
				$this->set_terms( $id, "eve_$term", (array) ( $one['terms'][ $term ] ?? array() ) );
			}
		}
	}

	/** Sets one field, and makes sure: `update_post_meta` says false for what it did not change, too. */
	private function set_meta( int $id, string $type, string $key, string $text ) {
		if ( '' === $text ) {
			if ( metadata_exists( 'post', $id, $key ) && ! delete_post_meta( $id, $key ) ) {
				throw new Failed( "The field $key of post $id was not removed." );
			}
			return;
		}
		if ( count( (array) get_post_meta( $id, $key ) ) > 1 ) {
			delete_post_meta( $id, $key ); // XML-RPC without the plugin adds where it should change.
		}
		if ( ! update_post_meta( $id, $key, wp_slash( $text ) ) && get_post_meta( $id, $key, true ) !== (string) sanitize_meta( $key, $text, 'post', $type ) ) {
			throw new Failed( "The field $key of post $id was not stored." );
		}
	}

	/** Gives a post the terms `$names` of a taxonomy of ours, if it has not got them. */
	private function set_terms( int $id, string $taxonomy, array $names ) {
		$wanted = array_unique( array_filter( array_map( fn( $name ) => $this->term( $taxonomy, (string) $name ), $names ) ) );
		$terms  = get_the_terms( $id, $taxonomy );
		$there  = $terms && ! is_wp_error( $terms ) ? wp_list_pluck( $terms, 'term_id' ) : array();
		sort( $wanted );
		sort( $there );
		if ( $wanted !== $there && is_wp_error( wp_set_object_terms( $id, $wanted, $taxonomy ) ) ) {
			throw new Failed( "The terms of post $id were not stored." );
		}
	}

	/** The id of a term, which is made if it is not there and the user may publish; otherwise 0. */
	private function term( string $taxonomy, string $name ): int {
		$name = inert( $name );
		if ( '' === trim( $name ) ) {
			return 0;
		}
		if ( ! isset( $this->terms[ $taxonomy ][ $name ] ) ) {
			$found = get_term_by( 'name', $name, $taxonomy );
			if ( ! $found && ! current_user_can( 'publish_posts' ) ) {
				return 0;
			}
			$made = $found ? array( 'term_id' => $found->term_id ) : wp_insert_term( wp_slash( $name ), $taxonomy );
			$id   = is_wp_error( $made ) ? (int) $made->get_error_data( 'term_exists' ) : (int) $made['term_id'];
			if ( ! $id ) {
				throw new Failed( "The term \"$name\" was not stored: " . $made->get_error_message() );
			}
			$this->terms[ $taxonomy ][ $name ] = $id;
		}
		return $this->terms[ $taxonomy ][ $name ];
	}

	/** Puts one post into the trash. */
	private function trash_one( $row ): array {
		if ( ! $row || null === $row->post_status || ! may_know( $row ) ) {
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
}
